"""Changes of rosters are told as differences: the same signed roster, or the whole is asked for."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.channels.difference import UnknownBase, difference, followed, read_difference
from overlay.channels.membership import Membership
from overlay.channels.roster import Member, Roster, open_roster, sign_roster
from overlay.clock import system_clock
from overlay.errors import BadSignature
from overlay.settings import Settings
from tests.ca.ca_domain import CaDomain
from tests.channels.company import Company
from tests.dict_registry import eventually
from tests.forgery import CleanRoom

ROOM = CleanRoom("a.example", system_clock())
OWNER = ROOM.party("alice")
TRUST = ROOM.store()
NAMES = [f"m{number}@a.example" for number in range(12)]


def _roster(version: int, members: dict[str, int]) -> Roster:
    others = tuple(Member(name, since) for name, since in members.items())
    owner = str(OWNER.party)
    return Roster("case@a.example", owner, version, (Member(owner, 1), *others))


@settings(deadline=None, max_examples=60)
@given(st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)), st.sets(st.sampled_from(NAMES)))
def test_base_and_difference_give_the_signed_roster_that_follows(  # GW-9
    before: set[str], come: set[str], go: set[str]
) -> None:
    members = dict.fromkeys(sorted(before), 1)
    base = sign_roster(_roster(5, members), OWNER)
    after = {name: since for name, since in members.items() if name not in go}
    after |= dict.fromkeys(sorted(come - set(after)), 6)
    whole = sign_roster(_roster(6, after), OWNER)
    told = difference(base, whole)
    if told is None:  # so much changed that it would say no less
        assert len(come) + len(go) > 0
        return
    found = followed(base, read_difference(told))
    assert found == whole
    assert open_roster(found, TRUST, ROOM.now, Settings()) == _roster(6, after)
    with pytest.raises(UnknownBase):
        followed(whole, read_difference(told))


def test_a_difference_that_its_owner_did_not_sign_gives_no_roster() -> None:  # GW-9
    base = sign_roster(_roster(5, dict.fromkeys(NAMES, 1)), OWNER)
    whole = sign_roster(_roster(6, dict.fromkeys(NAMES[1:], 1)), OWNER)
    told = difference(base, whole)
    assert told is not None
    found = read_difference(told)
    forged = msgspec.structs.replace(found, came=(Member("mallory@a.example", 6),))
    with pytest.raises(BadSignature):
        open_roster(followed(base, forged), TRUST, ROOM.now, Settings())


def test_what_is_told_of_one_who_joins_does_not_grow_with_the_members() -> None:  # GW-9
    sizes = []
    for count in (100, 1000):
        members = {f"member-{number}@a.example": 1 for number in range(count)}
        base = sign_roster(_roster(5, members), OWNER)
        whole = sign_roster(_roster(6, members | {"new@a.example": 6}), OWNER)
        sizes.append(len(difference(base, whole) or whole))
    assert sizes[1] <= sizes[0] + 8  # a signature is a byte longer or shorter
    assert sizes[1] < len(whole) // 20


async def test_a_member_that_missed_a_change_asks_for_all_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # GW-9
    domain = CaDomain(tmp_path)
    async with domain.serving():
        company = Company(domain, tmp_path)
        async with company.three() as (alice, bob, carol):
            channel = await alice.create("case", is_open=True)
            joined = await bob.join(channel)
            for name in ("dave", "erin"):
                async with company.at_work(await company.member(name)) as other:
                    await other.join(channel)
            before = joined.membership
            await eventually(lambda: before.roster.version == channel.membership.roster.version)
            asked = bob.endpoint.counters["channel-asked-for-all"]
            monkeypatch.setattr(before, "statement", _of_nobody(before))
            await carol.join(channel)
            await eventually(lambda: joined.membership.roster.version == channel.membership.roster.version)
            assert bob.endpoint.counters["channel-asked-for-all"] == asked + 1
            assert asked == 0


def _of_nobody(membership: Membership) -> bytes:
    """Another signed roster than the one that the owner begins at."""
    return sign_roster(membership.roster, OWNER)
