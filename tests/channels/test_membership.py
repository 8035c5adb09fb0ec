"""Which secrets of a channel count."""

from __future__ import annotations

import msgspec

from overlay.channels.epoch import Epoch, new_epoch
from overlay.channels.membership import Membership
from overlay.channels.roster import Member, Roster

OWNER = "alice@a.example"


def _roster(version: int, *others: str) -> Roster:
    return Roster("case@a.example", OWNER, version, tuple(Member(one, 1) for one in (OWNER, *others)))


def test_all_secrets_of_the_overlap_count_where_several_came_in_until_somebody_is_out() -> None:  # GW-9
    rosters = [_roster(1), _roster(2, "bob@a.example"), _roster(3, "bob@a.example", "carol@a.example")]
    epochs: list[Epoch] = [new_epoch(roster.version) for roster in rosters]
    membership = Membership(b"", rosters[0], epochs[0], overlap_s=30)
    for at, roster, epoch in ((100.0, rosters[1], epochs[1]), (110.0, rosters[2], epochs[2])):
        assert membership.adopt(b"", roster, epoch, at)
    assert [membership.find(one.id, 120) for one in epochs] == list(zip(epochs, rosters, strict=True))
    assert [membership.find(one.id, 135) is None for one in epochs] == [True, False, False]
    without = msgspec.structs.replace(rosters[1], version=4)
    assert membership.adopt(b"", without, new_epoch(4), 120)
    assert all(membership.find(one.id, 120) is None and membership.is_retired(one.id) for one in epochs)
