"""Attacks on what the registry holds, ranks and shows: in memory."""

from __future__ import annotations

from collections.abc import AsyncIterator
from itertools import product

import msgspec
import pytest

from overlay.description.text import read_text
from overlay.desk import Desk
from overlay.discovery.spelling import Speller
from overlay.endpoint.message import ServiceRequest
from overlay.errors import NotFound, TooLarge
from overlay.registry.approval.policy import parse_policy
from overlay.registry.approval.requests import request_id
from overlay.registry.protocol import Expel, Register, Resolve
from overlay.registry.record import Presence, Profile, Skill, Status
from overlay.registry.registration.profile import check_profile
from overlay.registry.search.protocol import Find, Report
from overlay.registry.storage.memory import History
from overlay.settings import Settings
from overlay.trust.attributes import Attributes
from overlay.trust.identity import Identity, Role
from overlay.trust.serials import serial_text
from overlay.wire.request import Nothing, encode_struct
from tests.registry.search.crowd import record_of
from tests.registry.search.gallery import Gallery, asker
from tests.registry.town import Town


@pytest.fixture
async def town() -> AsyncIterator[Town]:
    made = Town()
    await made.open()
    yield made
    await made.store.close()


@pytest.mark.parametrize("intent", ["", "speaks modbus to old machines"])
@pytest.mark.parametrize("part", ["entry", "protocols"])
def test_that_there_is_another_page_tells_nothing_of_who_is_hidden(intent: str, part: str) -> None:
    """An agent that fits itself asks for one: is there one more, which it may not see?"""
    said = Profile(protocols=("modbus",), description="Speaks modbus to old machines")
    secret = msgspec.structs.replace(said, consent={part: ("nobody",)})
    crowd = [record_of(f"secret{number}", "a.example", secret) for number in range(4)]
    gallery = Gallery(record_of("mallory", "a.example", said), *crowd)
    answer = gallery.find(Find(protocols=("modbus",), intent=intent, limit=1), asker("mallory"))
    assert [match.party for match in answer.matches] == ["mallory@a.example"]
    assert (answer.after, answer.total) == ("", 1)


async def test_agents_of_one_organisation_are_one_voice_and_none_for_each_other() -> None:
    said = "Repairs broken fibre lines"
    names = ("w", "x", "y", "z")
    gallery = Gallery(*(record_of(name, "a.example", Profile(description=said)) for name in names))
    await gallery.open()
    report, ask = gallery.library.experiences.report, Find(intent="my fibre line is broken")
    last = gallery.found(ask)[-1]
    for number in range(20):
        member = asker(f"m{number}", organisation="Mallory Ltd")
        await report(member, Report(ask.intent, last, succeeded=True))
    one = len(gallery.library.meaning.experience)
    assert one == 1
    own = msgspec.structs.replace(gallery.known[last], organisation="Mallory Ltd")
    gallery.put(own)
    await report(asker("m1", organisation="Mallory Ltd"), Report("fibre is cut", last, succeeded=True))
    assert len(gallery.library.meaning.experience) == one
    with pytest.raises(NotFound):
        await report(asker("m1"), Report("fibre is cut", "nobody@a.example", succeeded=True))


def test_no_two_requests_of_an_approval_have_the_same_id_by_search() -> None:
    """48 bits would be a matter of seconds: one profile is approved, and the other registered."""
    owner = Town().credentials("mallory", "repair").identity
    assert len(request_id(owner, Profile())) * 4 >= 128


def test_a_skill_that_needs_no_approval_lets_no_other_in_beside_it() -> None:
    policy = parse_policy('approve = "administrator"\n[skills.chat]\napprove = "automatic"')
    owner = Town().credentials("mallory", "chat", "repair").identity
    chat, repair = Skill("chat"), Skill("network.repair")
    assert policy.judge_new(Profile(skills=(chat,)), owner) == ()
    assert policy.judge_new(Profile(skills=(repair,)), owner)
    assert policy.judge_new(Profile(skills=(chat, repair)), owner)
    old, new = Profile(skills=(chat,)), Profile(skills=(chat, repair))
    assert policy.judge_change(old, new, owner, breaks=False)


async def test_an_old_backup_brings_nobody_back_whom_the_ca_revoked(town: Town) -> None:
    alice, bob = await town.settle("alice", "net"), await town.settle("bob", "net")
    await town.members.set_presence(["bob@a.example"], Presence.OFFLINE, "a.example")
    backup = dict(town.history.entries)
    for owner in (alice, bob):
        ask = Expel(owner.party.name, serial_text(owner.identity.serial))
        await town.registry.expulsions.expel(town.ca(), ask)
    assert town.found("net", online=False) == []
    await town.store.close()
    town.history = History("restored")
    town.history.entries, town.history.revision = backup, 1 << 32
    await town.open()
    assert town.found("net", online=False) == ["alice@a.example", "bob@a.example"]
    for owner in (alice, bob):  # the CA's list, which each process of the registry asks for when it starts
        town.registry._trust.deny("a.example", owner.identity.serial)
    await town.registry.sweep()
    assert town.found("net", online=False) == []
    told = town.registry.denials.page("restored", "", 0).denied
    assert {denied.serial for denied in told} == {
        serial_text(alice.identity.serial),
        serial_text(bob.identity.serial),
    }


@pytest.mark.parametrize(
    "profile",
    [
        Profile(services=tuple(f"s{number}" for number in range(60_000))),
        Profile(services=(*(f"s{number}" for number in range(60_000)), "s59999")),
        Profile(
            services=tuple(f"s{number}" for number in range(20_000)),
            skills=(Skill("net", services=tuple(f"x{number}" for number in range(20_000))),),
        ),
        Profile(languages=tuple(f"!{number}" for number in range(60_000))),
        Profile(consent={f"x{number}": () for number in range(60_000)}),
        Profile(credentials=("x",) * 100_000),
    ],
)
def test_a_profile_that_is_too_large_is_looked_at_no_further(profile: Profile) -> None:
    """Each item was compared with each other one, and named in a text of its own: minutes, and gigabytes."""
    with pytest.raises(TooLarge, match=r"^the profile is not accepted: the profile has \d+ bytes .{0,80}$"):
        check_profile(profile, Settings())


async def test_what_was_asked_fills_no_audit_log() -> None:
    notes: list[tuple[str, ...]] = []

    class Notes:
        def note(self, who: str, what: str, about: str, outcome: str = "done") -> None:
            notes.append((who, what, about, outcome))

    desk = Desk("registry", "a.example", Notes())

    async def refuse(sender: Identity, ask: Resolve) -> Nothing:
        raise NotFound(f"{ask.party} is not known")

    desk.on("resolve", (Role.AGENT,), Resolve, refuse)
    sender = Town().credentials("mallory").identity
    with pytest.raises(NotFound):
        await desk.handle(ServiceRequest(sender, "resolve", encode_struct(Resolve("x" * 500_000))))
    assert [len(note[-1]) for note in notes] == [2000]


def test_words_made_up_by_thousands_to_sound_alike_are_not_all_compared() -> None:
    speller = Speller(("bird",))
    made_up = product("aeiou", repeat=6)
    speller.learn("b" + "".join(vowels[:3]) + "r" + "".join(vowels[3:]) + "d" for vowels in made_up)
    assert max(map(len, speller._sounds.values())) <= 30


def test_a_text_of_blanks_is_read_in_time() -> None:
    """The time grew with the square of the blanks: half a minute for what is allowed."""
    with pytest.raises(TooLarge):
        read_text("Name: x" + " " * 400_000 + "y", Settings())


def test_nobody_is_found_by_the_id_of_another_that_it_took_for_its_display_name() -> None:
    alice = record_of("alice", "a.example", Profile(display_name="Alice"))
    crowd = [
        record_of(f"m{at}", "a.example", Profile(display_name=name, latency_ms=1))
        for at, name in enumerate((alice.party, alice.resource_id, "did:web:a.example:agents:alice", "alice"))
    ]
    gallery = Gallery(alice, *crowd)
    for named in (alice.party, alice.resource_id, "did:web:a.example:agents:alice"):
        assert gallery.found(Find(agent=named)) == ["alice@a.example"]
    assert gallery.found(Find(agent="ALICE"))[1:] != []  # a display name is anybody's


@pytest.mark.parametrize(
    ("forged", "said"),
    [
        ({"resource_id": "x" * 100_000}, "is no resource ID"),
        ({"registered_at": float("nan")}, "at no time that there is"),
        ({"changed_at": 1e300}, "at no time that there is"),
        ({"status": Status(load=float("nan"))}, "load is nan"),
        ({"status": Status(text="\x1b[2J" + "x" * 100_000)}, "text has 100004 characters"),
    ],
)
async def test_what_a_peer_says_of_an_entry_has_the_bounds_of_our_own(
    town: Town, forged: dict[str, object], said: str
) -> None:
    other = await Town.opened("b.example", town.clock)
    await town.peer_with(other)
    await other.settle("bob", "net")
    changes = other.changes()
    record = msgspec.structs.replace(changes.records[0], **forged)
    learned = await town.learn(msgspec.structs.replace(changes, records=(record,)))
    assert said in learned.refused["bob@b.example"]
    assert len(learned.refused["bob@b.example"]) < 1000
    assert town.found("net") == []


async def test_a_peers_agent_does_not_take_the_resource_id_of_ours(town: Town) -> None:
    other = await Town.opened("b.example", town.clock)
    await town.peer_with(other)
    ours = await town.register(town.credentials("alice", "net"))
    await other.settle("bob", "net")
    changes = other.changes()
    record = msgspec.structs.replace(changes.records[0], resource_id=ours.resource_id)
    learned = await town.learn(msgspec.structs.replace(changes, records=(record,)))
    assert "of an agent of ours" in learned.refused["bob@b.example"]
    assert [match.party for match in town.look(Find(agent=ours.resource_id)).matches] == ["alice@a.example"]


async def test_a_certificate_for_another_function_is_decided_like_a_new_entry(town: Town) -> None:
    await town.registry.approvals.set_policy(town.boss, '[functions.surgeon]\napprove = "administrator"')
    profile = Profile(skills=(Skill("net"),))
    nurse, surgeon = (
        town.credentials("alice", attributes=Attributes(("net",), function=function))
        for function in ("nurse", "surgeon")
    )
    await town.register(nurse, profile)
    changed = msgspec.structs.replace(profile, description="I operate")
    entered = await town.registry.registrar.register(surgeon.identity, Register(changed, town.card(surgeon)))
    assert entered.held
