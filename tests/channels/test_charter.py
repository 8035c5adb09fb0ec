"""Whose word on a channel counts: the owner's, and a deputy's as far as the owner's charter goes."""

from __future__ import annotations

import math
from collections.abc import Callable

import msgspec
import pytest

from overlay.channels.charter import History, May, sign_charter
from overlay.channels.replacing import replaces
from overlay.channels.roster import (
    Member,
    Roster,
    charter_of,
    digest_of,
    open_roster,
    sign_roster,
)
from overlay.clock import system_clock
from overlay.errors import BadInput, OverlayError, Refused
from overlay.settings import Settings
from overlay.trust.credentials import Credentials
from tests.forgery import CleanRoom

HERE = CleanRoom("a.example", system_clock())
ALICE, DORA, MALLORY = HERE.party("alice"), HERE.party("dora"), HERE.party("mallory")
OWNER, DEPUTY = str(ALICE.party), str(DORA.party)
PLAIN = Roster(
    "case@a.example",
    OWNER,
    5,
    tuple(Member(party, 5) for party in (OWNER, DEPUTY, str(MALLORY.party))),
    deputies=(DEPUTY,),
    charter=5,
)
ROSTER = msgspec.structs.replace(PLAIN, mandate=sign_charter(charter_of(PLAIN), ALICE))
Change = Callable[[Roster], Roster]


def _changed(**fields: object) -> Change:
    return lambda roster: msgspec.structs.replace(roster, **fields)


def _open(roster: Roster, signer: Credentials) -> Roster:
    return open_roster(sign_roster(roster, signer), HERE.store(), system_clock(), Settings())


def test_a_deputy_says_who_is_in_it() -> None:  # GW-9
    after = msgspec.structs.replace(
        ROSTER, version=6, members=(*ROSTER.members, Member("bob@b.example", 6, publish=False))
    )
    assert _open(after, DORA) == after
    assert _open(after, ALICE) == after


@pytest.mark.parametrize(
    "change",
    [
        _changed(open=True),
        _changed(about="mine"),
        _changed(ends=system_clock() + 60),
        _changed(may=May.READ),
        _changed(signed=True),
        _changed(deputies=(DEPUTY, str(MALLORY.party))),
        _changed(charter=6),
        _changed(released=True),
        _changed(owner=DEPUTY, mandate=b""),
        _changed(mandate=sign_charter(charter_of(PLAIN), DORA)),
        _changed(mandate=b""),
        _changed(members=ROSTER.members[1:]),
    ],
)
def test_a_deputy_changes_nothing_that_the_owner_alone_says(change: Change) -> None:  # GW-17
    after = change(msgspec.structs.replace(ROSTER, version=6))
    if after.owner == DEPUTY:  # then it is a channel of its own, and not this one
        with pytest.raises(Refused, match="is owned by"):
            replaces(ROSTER, sign_roster(ROSTER, ALICE), after, DORA.party, home="a.example")
        return
    with pytest.raises(OverlayError):
        _open(after, DORA)


def test_who_is_no_deputy_signs_no_roster_whatever_it_writes_into_it() -> None:  # GW-17
    name = str(MALLORY.party)
    forged = msgspec.structs.replace(ROSTER, version=6, deputies=(name,))
    own = msgspec.structs.replace(forged, mandate=sign_charter(charter_of(forged), MALLORY))
    for roster in (msgspec.structs.replace(ROSTER, version=6), forged, own):
        with pytest.raises(Refused):
            _open(roster, MALLORY)


def test_a_charter_goes_before_any_version_and_at_the_home_one_change_follows_the_other() -> None:  # GW-17
    statement = sign_roster(ROSTER, ALICE)
    follows = msgspec.structs.replace(ROSTER, version=6, before=digest_of(statement))

    def counts(roster: Roster, signer: Credentials, home: str = "a.example") -> bool:
        return replaces(ROSTER, statement, roster, signer.party, home=home)

    assert counts(follows, DORA)
    assert not counts(msgspec.structs.replace(follows, before=b"another"), DORA)
    assert not counts(msgspec.structs.replace(follows, version=1 << 52), DORA)  # none comes after that
    far = msgspec.structs.replace(ROSTER, version=1 << 52)
    dismissed = msgspec.structs.replace(PLAIN, version=7, deputies=(), charter=7)
    assert replaces(far, statement, dismissed, ALICE.party, home="b.example")
    assert counts(dismissed, ALICE)  # without naming one before: the owner's word
    with pytest.raises(Refused, match="has said otherwise since"):
        replaces(dismissed, statement, far, DORA.party, home="b.example")


def test_who_records_has_no_other_right_and_is_the_domains_own() -> None:  # GW-24
    kept = msgspec.structs.replace(PLAIN, deputies=(), history=History.ALL)
    recorder = Member("sessions@a.example", 5, publish=False, read=False, record=True)
    good = msgspec.structs.replace(kept, members=(*kept.members, recorder))
    assert _open(good, ALICE) == good
    for wrong in (
        kept,
        msgspec.structs.replace(good, history=History.NONE),
        msgspec.structs.replace(kept, members=(*kept.members, msgspec.structs.replace(recorder, read=True))),
        msgspec.structs.replace(
            good, members=(*good.members, Member("eve@a.example", 5, False, False, True))
        ),
    ):
        with pytest.raises((BadInput, Refused)):
            _open(wrong, ALICE)


@pytest.mark.parametrize("wrong", [{"recent": 2**64 - 1}, {"charter": 1 << 53}, {"ends": math.nan}])
def test_a_roster_with_an_impossible_number_is_none(wrong: dict[str, float]) -> None:  # GW-24
    with pytest.raises(BadInput, match="impossible"):
        _open(msgspec.structs.replace(PLAIN, deputies=(), **wrong), ALICE)
