"""Export policies: what they mean, and a peer that follows page by page."""

from __future__ import annotations

import msgspec
import pytest

from overlay.errors import BadSettings
from overlay.policy.export import ExportPolicy, Offer, exported, parse_export
from overlay.registry.peers.protocol import AskChanges
from overlay.registry.peers.showing import OfRecord, shown_to
from overlay.registry.record import Interface, Presence, Profile, Record, Skill
from overlay.settings import Settings
from tests.registry.town import Town


def offered(
    *skills: str, name: str = "bob", organisation: str = "", topics: tuple[str, ...] = ()
) -> OfRecord:
    return OfRecord(name, organisation, skills, topics)


def test_skills_with_all_below_them_and_topics_are_exported_singly() -> None:
    policy = parse_export(
        'others = "deny"\n[[allow]]\nskills = ["network"]\n[[deny]]\nskills = ["network.internal"]\n'
        '[[allow]]\ntopics = ["news"]\nagents = ["bob"]\n',
        "here",
    )
    shown = exported(
        policy, offered("network.fault", "network.internal.x", "billing", topics=("news.a", "x"))
    )
    assert shown is not None
    assert (shown.skills, shown.topics) == (("network.fault",), ("news.a",))
    assert exported(policy, offered("billing", name="carol", topics=("news.a",))) is None


def test_an_agent_is_hidden_whole_by_name_or_organisation_whatever_else_allows_it() -> None:
    policy = ExportPolicy(
        allow=(Offer(skills=("network",)),), deny=(Offer(agents=("bob",)), Offer(organisations=("North",)))
    )
    assert exported(policy, offered("network")) is None
    assert exported(policy, offered("network", name="carol", organisation="North")) is None
    assert exported(policy, offered("network", name="carol")) is not None


def test_an_interface_for_a_hidden_skill_only_does_not_tell_of_it() -> None:
    interfaces = (Interface("pay", skills=("billing",)), Interface("all", skills=("billing", "network")))
    profile = Profile(skills=(Skill("billing"), Skill("network")), interfaces=interfaces)
    record = Record("bob@a.example", profile, b"", "a", Presence.ONLINE, "", 0, 0, 0)
    shown = shown_to(record, "b.example", ExportPolicy(deny=(Offer(skills=("billing",)),)))
    assert shown is not None
    assert shown.profile.interfaces == (Interface("all", skills=("network",)),)
    assert b"billing" not in msgspec.msgpack.encode(shown)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('others = "maybe"', "others"),
        ("[[deny]]\n", "says nothing"),
        ('[[deny]]\nagents = ["bob@a.example"]\n', "not a name"),
        ('[[allow]]\nskill = ["x"]\n', "skill"),
    ],
)
def test_a_policy_that_cannot_be_meant_is_refused_in_words(text: str, why: str) -> None:
    with pytest.raises(BadSettings, match=why):
        parse_export(text, "here")


async def test_a_peer_that_is_cut_off_in_the_middle_goes_on_from_there(town: Town, other: Town) -> None:
    await other.peer_with(town)
    for number in range(7):
        await other.settle(f"agent-{number}", "text.echo")
    small = Settings(registry_page=3)
    other.registry.following._settings = other.registry.views._settings = small
    first = other.registry.following.changes(AskChanges(peer=town.domain))
    await town.learn(first)
    await town.reopen()
    await other.settle("late", "text.echo")
    (peer,) = town.neighbours.peers()
    pages = [first]
    while pages[-1].more:
        pages.append(
            other.registry.following.changes(AskChanges(peer.log, pages[-1].version, peer=town.domain))
        )
        await town.learn(pages[-1])
    assert [page.full for page in pages] == [True, *(False for _ in pages[1:])]
    assert len(town.found("text.echo")) == 8
