"""Registrations that an administrator decides (REG-11)."""

from __future__ import annotations

import pytest

from overlay.errors import BadInput, BadSettings, Expired, NotFound, Overloaded, Refused, Unavailable
from overlay.naming.ids import PartyId
from overlay.registry.approval.rules import RULES_KEY
from overlay.registry.protocol import Heartbeat, Register
from overlay.registry.record import Profile, Skill
from overlay.registry.registration.registrar import Entered
from overlay.registry.storage.contract import Write
from overlay.settings import Settings
from overlay.trust.credentials import Credentials
from tests.registry.town import Town

ALICE = PartyId("alice", "a.example")
POLICY = '[skills.repair]\napprove = "administrator"'


def offering(*skills: str, description: str = "") -> Profile:
    return Profile(description=description, skills=tuple(Skill(skill) for skill in skills))


async def policed(town: Town) -> Credentials:
    await town.registry.approvals.set_policy(town.boss, POLICY)
    return town.credentials("alice", "repair", "net")


async def enter(town: Town, owner: Credentials, profile: Profile) -> Entered:
    return await town.registry.registrar.register(owner.identity, Register(profile, town.card(owner)))


def waiting(town: Town) -> str:
    (request,) = town.registry.registrar.waiting.after("")
    return request.id


async def test_a_waiting_agent_is_neither_found_nor_known_until_it_is_approved(town: Town) -> None:
    alice = await policed(town)
    held = await enter(town, alice, offering("repair"))
    assert (held.record, town.found("repair", online=False)) == (None, [])
    assert f"overlay registry approve {waiting(town)}" in held.held
    with pytest.raises(NotFound):
        town.registry.resolve(ALICE)
    assert not (await town.members.heartbeat(alice.identity, Heartbeat())).known
    assert town.changes().records == ()
    await town.registry.approvals.approve(town.boss, waiting(town))
    assert (await enter(town, alice, offering("repair"))).record is not None
    assert (town.found("repair"), list(town.registry.registrar.waiting.after(""))) == (
        ["alice@a.example"],
        [],
    )


async def test_asking_again_makes_no_second_request_and_a_restart_forgets_none(town: Town) -> None:
    alice = await policed(town)
    await enter(town, alice, offering("repair"))
    revision, request = town.history.revision, waiting(town)
    await enter(town, alice, offering("repair"))
    await town.reopen()
    town.clock.now += 60
    renewed = town.credentials("alice", "repair", "net")
    await enter(town, renewed, offering("repair"))
    assert (town.history.revision, waiting(town)) == (revision, request)


async def test_a_denied_agent_hears_why_until_it_asks_for_something_else(town: Town) -> None:
    alice = await policed(town)
    await enter(town, alice, offering("repair"))
    with pytest.raises(BadInput, match="why"):
        await town.registry.approvals.deny(town.boss, waiting(town), "")
    await town.registry.approvals.deny(town.boss, waiting(town), "not on our lines")
    with pytest.raises(Refused, match=r"denied: .*not on our lines"):
        await enter(town, alice, offering("repair"))
    assert (await enter(town, alice, offering("repair", description="supervised"))).held
    assert (await enter(town, alice, offering("net"))).record is not None


async def test_an_approval_takes_a_denial_back_and_is_audited_as_that(town: Town) -> None:
    alice = await policed(town)
    await enter(town, alice, offering("repair"))
    await town.registry.approvals.deny(town.boss, waiting(town), "not on our lines")
    await town.registry.approvals.approve(town.boss, waiting(town))
    assert town.history.notes[-1].about.endswith(", alice, denied before")
    with pytest.raises(Refused, match="was approved before"):
        await town.registry.approvals.deny(town.boss, waiting(town), "no")
    assert (await enter(town, alice, offering("repair"))).record is not None


async def test_an_entry_counts_as_it_is_while_its_change_waits(town: Town) -> None:
    alice = await policed(town)
    await enter(town, alice, offering("net"))
    assert (await enter(town, alice, offering("net", "repair"))).held
    assert (town.found("net"), town.found("repair")) == (["alice@a.example"], [])
    assert next(town.registry.registrar.waiting.after("")).update


async def test_what_nobody_decides_ends_and_is_asked_anew(town: Town) -> None:
    alice = await policed(town)
    await enter(town, alice, offering("repair"))
    town.clock.now += town.settings.registration_open_s
    with pytest.raises(Expired, match="nobody decided"):
        await town.registry.approvals.approve(town.boss, waiting(town))
    await town.registry.sweep()
    assert list(town.registry.registrar.waiting.after("")) == []
    town.clock.now += 1
    assert (await enter(town, alice, offering("repair"))).held


async def test_an_approval_is_worth_nothing_to_who_holds_a_revoked_certificate(town: Town) -> None:
    alice = await policed(town)
    await enter(town, alice, offering("repair"))
    await town.registry.approvals.approve(town.boss, waiting(town))
    town.registry._trust.deny("a.example", alice.identity.serial)
    assert (await enter(town, town.credentials("alice", "repair", "net"), offering("repair"))).held


async def test_a_policy_that_cannot_be_read_permits_nothing(town: Town) -> None:
    alice = await policed(town)
    with pytest.raises(BadSettings, match="did you mean approve"):
        await town.registry.approvals.set_policy(town.boss, "aprove = 1")
    await town.store.commit((Write(RULES_KEY, b"approve = 'by a later version'"),))
    with pytest.raises(Unavailable, match=r"policy: .*takes no entries"):
        await enter(town, alice, offering("net"))
    await town.registry.approvals.set_policy(town.boss, "")
    assert (await enter(town, alice, offering("repair"))).record is not None


async def test_only_so_many_wait_at_once(town: Town) -> None:
    small = Town(settings=Settings(registrations_open=1), clock=town.clock)
    await small.open()
    alice, bob = await policed(small), small.credentials("bob", "repair")
    await enter(small, alice, offering("repair"))
    with pytest.raises(Overloaded, match="registrations_open"):
        await enter(small, bob, offering("repair"))
    assert (await enter(small, alice, offering("repair", description="other words"))).held
    await small.store.close()


async def test_requests_and_decisions_are_audited(town: Town) -> None:
    alice = await policed(town)
    await enter(town, alice, offering("repair"))
    request = waiting(town)
    await town.registry.approvals.approve(town.boss, request)
    await enter(town, alice, offering("repair"))
    assert [(note.who, note.what) for note in town.history.notes] == [
        ("operator@a.example", "registration policy"),
        ("alice@a.example", "register"),
        ("operator@a.example", "approve registration"),
        ("alice@a.example", "register"),
    ]
    assert town.history.notes[1].outcome == f"held as registration {request}: the skill 'repair'"
