"""How an agent looks for others: patience, the next one, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from overlay.agent.finding import Finding, asked_for, meant_skill
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadInput, NotFound, Overloaded
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile, Skill
from overlay.registry.search.protocol import Find, Match, Matches
from tests.memory_domain import MemoryDomain
from tests.registry.search.crowd import record_of

_REFUSAL = "alice@a.example asked 1 times in this minute"


def _answers(
    finding: Finding, monkeypatch: pytest.MonkeyPatch, *told: Matches | Overloaded
) -> Callable[[], int]:
    """The registry answers so, one after the other; returns how many are left."""
    left = list(told)

    async def find(_: Find, __: float | None = None) -> Matches:
        said = left.pop(0)
        if isinstance(said, Overloaded):
            raise said
        return said

    monkeypatch.setattr(finding._search, "find", find)
    return lambda: len(left)


def _finding(endpoint: Endpoint) -> Finding:
    return Finding(endpoint, RegistryClient(endpoint))


async def test_who_is_patient_asks_again_when_the_registry_said_and_others_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # REG-10
    domain = MemoryDomain()
    async with domain.open(domain.party("alice")) as endpoint:
        finding, found = _finding(endpoint), Matches((), total=3)
        _answers(finding, monkeypatch, Overloaded(_REFUSAL, 0.01), found)
        assert (await finding.discover("net", patience_s=60)).total == 3
        for retry_after_s, patience_s in ((0.01, 0.0), (3600.0, 60.0), (0.0, 60.0)):
            left = _answers(finding, monkeypatch, Overloaded(_REFUSAL, retry_after_s), found)
            with pytest.raises(Overloaded):
                await finding.discover("net", patience_s=patience_s)
            assert left() == 1


async def test_a_sentence_that_holds_several_needs_is_not_put_to_one_agent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    domain = MemoryDomain()
    async with domain.open(domain.party("alice")) as endpoint:
        finding = _finding(endpoint)
        _answers(finding, monkeypatch, Matches((), needs=("mend my phone", "book a flight")))
        with pytest.raises(BadInput, match="several needs: mend my phone; book a flight"):
            await finding.ask_best("mend my phone and book a flight", b"", None)


async def test_of_whom_cannot_be_reached_nothing_is_told_and_the_next_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    domain = MemoryDomain()
    async with domain.open(domain.party("alice")) as endpoint:
        finding = _finding(endpoint)
        gone = Match(record_of("gone", "a.example", Profile(skills=(Skill("net"),))), "")
        _answers(finding, monkeypatch, Matches((gone, gone), needs=("mend it",)))
        with pytest.raises(NotFound, match="nobody who is online"):
            await finding.ask_best("mend it", b"", 1.0)
        assert finding.counters.total() == 2
        assert finding._reports.empty()


def test_a_word_is_a_skill_and_a_sentence_an_intent() -> None:
    assert asked_for("network.repair") == Find(("network.repair",))
    assert asked_for("repair my network") == Find(intent="repair my network")
    assert asked_for(Find(limit=3)) == Find(limit=3)


def test_the_skill_that_an_intent_means_shares_its_words() -> None:
    skills = (Skill("net.plan"), Skill("net.x1", "Repair", "mends broken fibre"))
    assert meant_skill(record_of("x", "a.example", Profile(skills=skills)), "my fibre is broken") == "net.x1"
    assert meant_skill(record_of("x", "a.example", Profile(skills=skills)), "something else") == "net.plan"
    assert meant_skill(record_of("x", "a.example", Profile()), "anything") == ""
