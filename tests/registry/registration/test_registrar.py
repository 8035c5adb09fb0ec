"""What a registration needs beyond its form: claims that hold, changes that are announced, room."""

from __future__ import annotations

import msgspec
import pytest

from overlay.errors import BadInput, NotFound, Overloaded, Refused, Unavailable
from overlay.naming.ids import PartyId
from overlay.registry.protocol import Deregister, Heartbeat, Register
from overlay.registry.record import Profile, Readiness, Record, Skill, Status
from overlay.registry.registration.registrar import Entered
from overlay.settings import Settings
from overlay.trust.attributes import Attributes
from overlay.trust.credentials import Credentials
from tests.registry.town import Town
from tests.registry.vouching import Vouchers

ALICE = PartyId("alice", "a.example")


def vouching(town: Town) -> Vouchers:
    vouchers = Vouchers()
    town.registry.registrar.vetting.proofs = vouchers
    return vouchers


def offering(
    *skills: str, version: str = "1", credentials: tuple[str, ...] = (), organisation: str = ""
) -> Profile:
    return Profile(
        version=version,
        skills=tuple(Skill(skill) for skill in skills),
        credentials=credentials,
        organisation=organisation,
    )


def entry(town: Town) -> Record:
    return town.registry.resolve(ALICE)


def skills(town: Town) -> list[str]:
    return [skill.id for skill in entry(town).profile.skills]


async def enter(town: Town, owner: Credentials, profile: Profile, *, anew: bool = False) -> Entered:
    ask = Register(profile, town.card(owner), anew=anew)
    return await town.registry.registrar.register(owner.identity, ask)


async def test_a_credential_grants_a_skill_and_an_organisation(town: Town) -> None:  # REG-2
    vouchers, alice = vouching(town), town.credentials("alice", "net")
    words = (
        vouchers.give("s", "alice@a.example", "skill", skills="law.read, law.write"),
        vouchers.give("o", "alice@a.example", "organisation", organisation="Acme"),
    )
    profile = offering("net", "law.read.cases", credentials=words, organisation="Acme")
    await enter(town, alice, profile)
    assert (entry(town).profile, town.found("law.read")) == (profile, ["alice@a.example"])
    assert [(proof.type, proof.valid_until) for proof in entry(town).verified] == [
        ("skill", 9e9),
        ("organisation", 9e9),
    ]


async def test_every_claim_beyond_certificate_and_credentials_is_named(town: Town) -> None:  # REG-2
    vouchers, alice = vouching(town), town.credentials("alice", "net")
    words = (vouchers.give("m", "alice@a.example", "medical", skills="law"),)
    profile = offering("net", "law", "tax", credentials=words, organisation="Acme")
    text = r"skills\[1\] 'law' .*it has: net.*skills\[2\] 'tax' .*organisation 'Acme' .*it has: none"
    with pytest.raises(Refused, match=text):
        await enter(town, alice, profile)
    with pytest.raises(NotFound):
        entry(town)


async def test_a_credential_that_does_not_count_is_refused_by_number(town: Town) -> None:
    vouchers, alice = vouching(town), town.credentials("alice", "net")
    words = (vouchers.give("s", "alice@a.example", "skill"), vouchers.give("b", "bob@a.example", "skill"))
    with pytest.raises(Refused, match=r"credentials\[1\] does not count: revoked"):
        await enter(town, alice, offering("net", credentials=words))


async def test_credentials_that_nobody_can_verify_now_stop_only_those_who_need_them(town: Town) -> None:
    vouchers, alice = vouching(town), town.credentials("alice", "net")
    words = (vouchers.give("s", "alice@a.example", "skill", skills="law"),)
    vouchers.away = True
    with pytest.raises(Unavailable, match="cannot be verified now"):
        await enter(town, alice, offering("net", "law", credentials=words))
    await enter(town, alice, offering("net", credentials=words))
    assert entry(town).verified == ()
    vouchers.away = False
    town.clock.now += town.settings.registry_recheck_s
    await town.registry.sweep()
    assert [proof.type for proof in entry(town).verified] == ["skill"]


async def test_what_a_revoked_credential_granted_is_gone_with_the_next_check(town: Town) -> None:  # REG-2
    vouchers, alice = vouching(town), town.credentials("alice", "net")
    word = vouchers.give("s", "alice@a.example", "skill", skills="law")
    await enter(town, alice, offering("net", "law", credentials=(word,)))
    del vouchers.given[word]
    await town.registry.sweep()
    assert town.found("law") == ["alice@a.example"]
    town.clock.now += town.settings.registry_recheck_s
    await town.members.heartbeat(alice.identity, Heartbeat())
    await town.registry.sweep()
    assert (town.found("law"), skills(town), entry(town).verified) == ([], ["net"], ())


async def test_a_revocation_that_is_heard_of_is_looked_at_with_the_next_sweep(town: Town) -> None:
    vouchers, alice = vouching(town), town.credentials("alice", "net")
    word = vouchers.give("s", "alice@a.example", "skill", skills="law")
    await enter(town, alice, offering("net", "law", credentials=(word,)))
    vouchers.given.clear()
    vouchers.version += 1
    await town.registry.sweep()
    assert skills(town) == ["net"]


async def test_a_renewed_certificate_with_other_skills_counts_at_once(town: Town) -> None:  # CA-5
    await enter(town, town.credentials("alice", "net", "law"), offering("net", "law"))
    town.clock.now += 60
    renewed = town.credentials("alice", "net", "tax")
    assert not (await town.members.heartbeat(renewed.identity, Heartbeat())).known
    assert (town.found("law"), skills(town)) == ([], ["net"])
    with pytest.raises(Refused, match="'law' is not in the certificate"):
        await enter(town, renewed, offering("net", "law"))
    await enter(town, renewed, offering("net", "tax"))
    assert town.found("tax") == ["alice@a.example"]


async def test_a_registration_with_a_renewed_certificate_takes_away_what_it_lost(town: Town) -> None:  # CA-5
    await enter(town, town.credentials("alice", "net", "law"), offering("net", "law"))
    town.clock.now += 60
    with pytest.raises(Refused):
        await enter(town, town.credentials("alice", "net"), offering("net", "law"))
    assert town.found("law") == []


async def test_a_process_with_an_older_certificate_takes_nothing_away(town: Town) -> None:
    old = town.credentials("alice", "net")
    town.clock.now += 60
    await enter(town, town.credentials("alice", "net", "law"), offering("net", "law"))
    await town.members.heartbeat(old.identity, Heartbeat())
    assert skills(town) == ["net", "law"]


async def test_a_compatible_change_keeps_the_entry_and_is_remembered(town: Town) -> None:  # REG-3
    alice = town.credentials("alice", "net", "law")
    await enter(town, alice, offering("net"))
    before = entry(town)
    assert (await enter(town, alice, offering("net", "law", version="1.1"))).broke == []
    (past,) = town.registry.registrar.histories.of("alice")
    assert town.history.notes[-1].what == "update: skill law added, version changed"  # CA-8
    assert (past.version, past.became, past.broke) == ("1", "1.1", ())
    assert set(past.changes) == {"skill law added", "version changed"}
    assert entry(town).resource_id == past.resource_id == before.resource_id


async def test_an_incompatible_change_is_refused_until_its_version_says_so(town: Town) -> None:  # REG-3
    alice = town.credentials("alice", "net", "law")
    await enter(town, alice, offering("net", "law"))
    before = entry(town)
    with pytest.raises(BadInput, match=r"raise it to 2 or above.*skills no longer has 'law'"):
        await enter(town, alice, offering("net", version="1.5"))
    assert entry(town) == before
    done = await enter(town, alice, offering("net", version="2"))
    assert [str(fault.wrong) for fault in done.broke] == ["no longer has 'law'"]
    assert entry(town).resource_id != before.resource_id
    (past,) = town.registry.registrar.histories.of("alice")
    assert past.broke == ("skills no longer has 'law'",)


async def test_who_registers_anew_may_say_anything_else(town: Town) -> None:  # REG-3
    alice = town.credentials("alice", "net", "law")
    await enter(town, alice, offering("net", "law", version="3"))
    before = entry(town)
    await enter(town, alice, offering("net", "law", version="3"), anew=True)
    assert entry(town).resource_id == before.resource_id
    with pytest.raises(BadInput, match="version 1 is below 3"):
        await enter(town, alice, offering("net", "law"))
    await enter(town, alice, offering("net"), anew=True)
    assert (skills(town), entry(town).profile.version) == (["net"], "1")


async def test_the_history_is_bounded_and_outlives_entry_and_process(town: Town) -> None:
    small = Town(settings=Settings(registry_history=2), clock=town.clock)
    await small.open()
    alice = small.credentials("alice", "net")
    for version in ("1", "1.1", "1.2"):
        await enter(small, alice, offering("net", version=version))
    await small.registry.registrar.deregister(alice.identity, Deregister(entry(small).resource_id))
    await small.reopen()
    pasts = small.registry.registrar.histories.of("alice")
    assert [(past.version, past.became) for past in pasts] == [("1.1", "1.2"), ("1.2", "")]
    small.clock.now += small.settings.registration_kept_s + 1
    await small.registry.sweep()
    assert small.registry.registrar.histories.of("alice") == ()
    await small.store.close()


async def test_an_organisation_has_so_many_entries_and_no_more(town: Town) -> None:
    small = Town(settings=Settings(registry_per_organisation=1), clock=town.clock)
    await small.open()
    acme = Attributes(organisation="Acme")
    alice, bob = (small.credentials(name, attributes=acme) for name in ("alice", "bob"))
    await enter(small, alice, offering())
    await enter(small, alice, offering(version="2"))
    with pytest.raises(Refused, match=r"'Acme' has 1 entries.*registry_per_organisation"):
        await enter(small, bob, offering())
    await small.registry.registrar.remove(small.boss, ALICE, "not needed")
    await enter(small, bob, offering(organisation="Acme"))
    await small.store.close()


async def test_who_registers_too_often_hears_when_to_come_again(town: Town) -> None:
    small = Town(settings=Settings(registrations_per_minute=2), clock=town.clock)
    await small.open()
    alice = small.credentials("alice")
    for _ in range(2):
        await enter(small, alice, offering())
    with pytest.raises(Overloaded, match="registrations_per_minute") as caught:
        await enter(small, alice, offering())
    small.clock.now += caught.value.retry_after_s
    await enter(small, alice, offering())
    await small.store.close()


async def test_an_operator_removes_an_entry(town: Town) -> None:
    alice = await town.settle("alice", "net")
    await town.registry.registrar.remove(town.boss, ALICE, "gone for good")
    assert town.found("net", online=False) == []
    assert not (await town.members.heartbeat(alice.identity, Heartbeat())).known
    assert town.history.notes[-1].outcome == "gone for good"


async def test_a_status_is_shown_at_once_and_written_down_when_it_matters(town: Town) -> None:  # GW-2
    alice = await town.settle("alice", "net")

    async def beat(**said: object) -> tuple[Status, int]:
        status = msgspec.convert(said, Status)
        await town.members.heartbeat(alice.identity, Heartbeat(status=status))
        assert town.registry.resolve(ALICE).status == status
        record = town.members.book.get(str(ALICE))
        assert record is not None
        return record.status, town.history.revision

    _, before = await beat(load=0.1)
    assert (await beat(load=0.2, text="warm"))[1] == before
    written, later = await beat(state="draining", load=0.2)
    assert (written.state, later) == (Readiness.DRAINING, before + 1)
    assert (await beat(state="draining", load=0.9))[1] == later
    town.clock.now += town.settings.status_publish_s
    assert (await beat(state="draining", load=0.95))[0].load == 0.95


async def test_a_status_that_cannot_be_is_refused(town: Town) -> None:
    alice = await town.settle("alice")
    with pytest.raises(BadInput, match="load is 2"):
        await town.members.heartbeat(alice.identity, Heartbeat(status=Status(load=2)))
