"""Look-ups between gateways: asked hop by hop, answered by whoever was asked, bounded."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, cast

import msgspec
import pytest

from bridges.frames.frame import FarAnswer, FarQuestion, Item
from bridges.lookups.lookups import Lookups
from bridges.routing.transit import Transit
from overlay.errors import NotFound, OverlayError, Refused, Unreachable
from overlay.registry.far.protocol import FarTold, LookUp
from tests.dict_registry import DictRegistry, eventually
from tests.links import link_settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bridges.links.line import Line
    from bridges.links.link import Link

X = "x.example"


class FakeLine:
    """Keeps what is posted."""

    over = ""

    def __init__(self) -> None:
        self.posted: list[Item] = []

    @property
    def line(self) -> FakeLine:
        return self

    def post(self, item: Item) -> None:
        self.posted.append(item)

    async def next(self) -> Item:
        await eventually(lambda: bool(self.posted))
        return self.posted.pop(0)


class Middle:
    """The gateway of p, between d and a; what is for x goes to a."""

    def __init__(self, **changes: object) -> None:
        self.lines = {"a.example": FakeLine(), "d.example": FakeLine()}
        self.registry = DictRegistry("p.example")
        self.counters: Counter[str] = Counter()
        self.lookups = Lookups(
            "p.example",
            cast("dict[str, Link]", self.lines),
            self._next_hop,
            self.registry,
            link_settings(**changes),
            self.counters,
        )

    def _next_hop(self, domain: str, transit: Transit) -> str:
        if domain != X or transit.path[0] == "stranger.example":
            raise Refused(f"there is no way to {domain}")
        return "a.example"

    def asks(self, path: tuple[str, ...] = ("d.example",), domain: str = X, name: str = "bob") -> None:
        line = cast("Line", self.lines["d.example"])
        self.lookups.question("d.example", line, FarQuestion(bytes(16), domain, name, 5000, 8, path))

    def answers(self, item: FarAnswer, peer: str = "a.example") -> None:
        self.lookups.answer(peer, cast("Line", self.lines[peer]), item)

    async def refusal(self) -> str:
        told = await self.lines["d.example"].next()
        assert isinstance(told, FarAnswer)
        assert not told.told
        return told.reason


@asynccontextmanager
async def middle(**changes: object) -> AsyncIterator[Middle]:
    made = Middle(**changes)
    running = asyncio.create_task(made.lookups.run())
    await asyncio.sleep(0)
    try:
        yield made
    finally:
        running.cancel()
        await asyncio.wait((running,))


async def asked(made: Middle) -> FarQuestion:
    item = await made.lines["a.example"].next()
    assert isinstance(item, FarQuestion)
    return item


def told(question: FarQuestion, **changes: object) -> FarAnswer:
    answer = FarTold(X, chain=("a.example",))
    return FarAnswer(question.id, msgspec.msgpack.encode(msgspec.structs.replace(answer, **changes)))


async def test_a_question_goes_on_and_its_answer_comes_back_vouched_for() -> None:  # GW-7, GW-12
    async with middle() as made:
        made.asks()
        question = await asked(made)
        assert (question.path, question.hops) == (("d.example", "p.example"), 7)
        made.answers(told(question))
        answer = await made.lines["d.example"].next()
        assert isinstance(answer, FarAnswer)
        assert msgspec.msgpack.decode(answer.told, type=FarTold).chain == ("a.example", "p.example")


async def test_nobody_answers_what_another_was_asked_or_nobody_asked() -> None:  # GW-12
    async with middle() as made:
        made.asks()
        question = await asked(made)
        made.answers(told(question), peer="d.example")
        made.answers(FarAnswer(b"never asked", b"x"))
        assert made.counters["far-answer-not-asked-for"] == 2
        made.answers(told(question, domain="other.example"))
        assert await made.refusal() == "bad-envelope"


@pytest.mark.parametrize(
    ("path", "domain", "reason"),
    [
        (("d.example",), "nowhere.example", "refused"),
        (("stranger.example", "d.example"), X, "refused"),
        (("a.example",), X, "bad-envelope"),
        (("p.example", "d.example"), X, "bad-envelope"),
        (("d.example", "q.example", "d.example"), X, "bad-envelope"),
        (("d.example",), "no domain", "bad-name"),
    ],
)
async def test_what_cannot_be_or_would_not_be_carried_is_refused(  # GW-8, GW-12
    path: tuple[str, ...], domain: str, reason: str
) -> None:
    async with middle() as made:
        made.asks(path, domain)
        assert await made.refusal() == reason
        assert not made.lines["a.example"].posted


async def test_a_peer_looks_up_at_its_rate_only() -> None:  # GW-15
    async with middle(far_lookups_per_s=0.5) as made:
        made.asks(domain="nowhere.example")
        made.asks(domain="nowhere.example")
        assert {await made.refusal(), await made.refusal()} == {"refused", "overloaded"}


async def test_our_own_registry_is_told_what_the_next_hop_refuses_or_that_it_is_away() -> None:  # GW-7
    async with middle() as made:
        asking = asyncio.create_task(made.lookups.look_up(LookUp(X, "bob")))
        question = await asked(made)
        made.answers(FarAnswer(question.id, b"", "it is hidden\x1b[0m", "not-found"))
        with pytest.raises(NotFound, match=r"hidden\?\[0m"):
            await asking
        del made.lines["a.example"]
        with pytest.raises(Unreachable):
            await made.lookups.look_up(LookUp(X))


async def test_an_answer_that_never_comes_is_not_waited_for_for_ever() -> None:  # GW-7
    async with middle(far_timeout_s=0.2) as made:
        with pytest.raises(OverlayError, match="in time"):
            await made.lookups.look_up(LookUp(X))
        assert len(made.lookups._pending) == 0


async def test_peers_together_leave_room_for_our_own_look_ups() -> None:  # GW-15
    async with middle(far_lookups=4, far_lookups_per_s=1000.0) as made:
        made.lines |= {f"d{number}.example": FakeLine() for number in range(4)}
        for peer in [f"d{number}.example" for number in range(4)]:
            line = cast("Line", made.lines[peer])
            made.lookups.question(peer, line, FarQuestion(bytes(16), X, "bob", 5000, 8, (peer,)))
        refused = await made.lines["d3.example"].next()
        assert isinstance(refused, FarAnswer)
        assert refused.reason == "overloaded"
        for _ in range(3):
            await asked(made)
        own = asyncio.create_task(made.lookups.look_up(LookUp(X, "bob")))
        assert (await asked(made)).path == ("p.example",)
        own.cancel()
