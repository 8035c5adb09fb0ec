"""How an agent looks for others: patience, the next one, and what is told of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from overlay.agent.finding import Finding, asked_for, meant_skill
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadInput, NotFound, NotPermitted, OverlayError, Overloaded, Unreachable
from overlay.naming.ids import PartyId
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile, Skill
from overlay.registry.search.protocol import Find, Match, Matches, Report
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
        with pytest.raises(NotFound, match="there is no gone@"):
            await finding.ask_best("mend it", b"", 1.0)
        assert finding.counters.total() == 2
        assert finding._reports.empty()


class Others:
    """Who is found, how well each fits, and what each does when it is asked."""

    def __init__(self, endpoint: Endpoint, monkeypatch: pytest.MonkeyPatch, **does: object) -> None:
        self._does = does
        self.asked: list[str] = []
        monkeypatch.setattr(endpoint, "ask", self._ask)

    def found(self, **fits: float) -> Matches:
        records = {name: record_of(name, "a.example", Profile()) for name in fits}
        return Matches(tuple(Match(records[name], "", score) for name, score in fits.items()))

    async def _ask(self, party: PartyId, _: bytes, **__: object) -> object:
        self.asked.append(party.name)
        said = self._does[party.name]
        if isinstance(said, OverlayError):
            raise said
        return said


async def test_who_fits_far_less_is_not_asked_in_place_of_one_that_does_not_let_us_in(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # REG-5
    domain = MemoryDomain()
    async with domain.open(domain.party("alice")) as endpoint:
        finding = _finding(endpoint)
        others = Others(endpoint, monkeypatch, flat=NotPermitted("flat is for b.example"), cook=b"soup")
        _answers(finding, monkeypatch, others.found(flat=0.53, cook=0.23))
        with pytest.raises(NotPermitted, match=r"flat is for b\.example"):
            await finding.ask_best("I need a cheap flat", b"", None)
        assert others.asked == ["flat"]
        assert finding._reports.empty()


async def test_of_who_answers_in_place_of_a_better_one_that_refused_nothing_is_learnt(
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # REG-5
    domain = MemoryDomain()
    async with domain.open(domain.party("alice")) as endpoint:
        finding = _finding(endpoint)
        does = {"gone": Unreachable("away"), "closed": NotPermitted("not you"), "open": b"yes"}
        others = Others(endpoint, monkeypatch, **does)
        found = others.found(gone=0.53, closed=0.52, open=0.5)
        _answers(finding, monkeypatch, found, others.found(gone=0.53, open=0.5))
        answer: object = await finding.ask_best("a cheap flat", b"", None)
        assert answer == b"yes"
        assert others.asked == ["gone", "closed", "open"]
        assert finding._reports.empty()
        await finding.ask_best("a cheap flat", b"", None)
        assert finding._reports.get_nowait() == Report("a cheap flat", "open@a.example", succeeded=True)


async def test_what_says_nothing_is_refused_at_once() -> None:
    domain = MemoryDomain()
    async with domain.open(domain.party("alice")) as endpoint:
        finding = _finding(endpoint)
        for nothing in ("", " \n", 5):
            with pytest.raises(BadInput, match="says nothing"):
                await finding.ask_best(nothing, b"", None)  # type: ignore[arg-type]
            with pytest.raises(BadInput, match="says nothing"):
                await finding.discover(nothing)  # type: ignore[arg-type]
            with pytest.raises(BadInput, match="says nothing"):
                finding.report(nothing, "bob@a.example", succeeded=True)  # type: ignore[arg-type]
        with pytest.raises(BadInput, match="nobody"):
            finding.report("mend it", "nobody", succeeded=True)
        with pytest.raises(BadInput, match=r"near is .*write Near\(latitude, longitude, within_km\)"):
            await finding.discover(Find(near=(48, 11, 50)))  # type: ignore[arg-type]
        with pytest.raises(BadInput, match="skills is a text; write a list or tuple"):
            await finding.discover(Find("network"))  # type: ignore[arg-type]
        with pytest.raises(BadInput, match="max_age_s -1"):
            await finding.discover("net", max_age_s=-1)
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
