"""What an agent is asked and told goes alike over the broker and over HTTP: one suite for both (AG-9)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from overlay.carriers import rpc
from overlay.errors import BadInput, Failed, NotFound, NotPermitted, TooLarge, Unavailable
from tests.carriers.pair import LIMIT_S, Pair, pair
from tests.memory_domain import MemoryDomain, quick


@pytest.fixture(params=["broker", "http"])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Pair]:
    domain = MemoryDomain(settings=quick(http_again_s=0.01, max_body_bytes=65_536))
    async with pair(domain, tmp_path, http=request.param == "http") as made:
        yield made
    carried = made.bob.counters["http-handshake-failed"]
    assert carried == 0


async def test_a_question_is_answered_and_names_who_asks(both: Pair) -> None:  # AG-9
    answer = await both.alice.ask(both.bob.me, b"", topic="who", attributes={"media-type": "text/plain"})
    assert answer.body == b"alice@a.example [('media-type', 'text/plain')]"
    assert answer.sender == both.bob.me


async def test_many_questions_at_once_get_each_its_own_answer(both: Pair) -> None:  # AG-9
    asked = [str(number).encode() for number in range(40)]
    answers = await asyncio.gather(*(both.alice.ask(both.bob.me, one, topic="echo") for one in asked))
    assert [answer.body for answer in answers] == asked


@pytest.mark.parametrize("reliable", [False, True])
async def test_what_is_refused_is_said_with_its_reason(both: Pair, *, reliable: bool) -> None:  # AG-9
    async def ask(topic: str) -> None:
        await both.alice.ask(both.bob.me, b"this", topic=topic, reliable=reliable)

    with pytest.raises(BadInput, match="this is not what is wanted"):
        await ask("picky")
    with pytest.raises(NotFound, match="skills served"):
        await ask("nothing")
    with pytest.raises(NotPermitted):
        await ask("closed")
    assert both.handled == []


async def test_what_a_handler_did_not_mean_to_say_stays_there(both: Pair) -> None:  # GW-17
    with pytest.raises(Failed) as raised:
        await both.alice.ask(both.bob.me, b"", topic="broken")
    assert "secret" not in str(raised.value)


async def test_a_reliable_message_whose_handler_failed_comes_again_and_is_done_once(both: Pair) -> None:
    # AG-10
    both.broken = 2
    answer = await both.alice.ask(both.bob.me, b"once", topic="flaky", reliable=True, timeout_s=LIMIT_S)
    assert answer.body == b"done"
    assert both.handled == [b"once"] * 3
    sent = await both.alice.send(both.bob.me, b"told", topic="echo", reliable=True)
    async with asyncio.timeout(LIMIT_S):
        await sent.receipt()
    assert both.handled[3:] == [b"told"]


async def test_a_realtime_message_that_fails_is_not_brought_again(both: Pair) -> None:  # AG-10
    both.broken = 1
    with pytest.raises(Unavailable, match="not now"):
        await both.alice.ask(both.bob.me, b"once", topic="flaky")
    assert both.handled == [b"once"]


async def test_a_body_that_is_too_large_is_refused_before_it_goes(both: Pair) -> None:  # GW-15
    with pytest.raises(TooLarge):
        await both.alice.ask(both.bob.me, bytes(65_537), topic="echo")
    whole = bytes(65_536)
    assert (await both.alice.ask(both.bob.me, whole, topic="echo")).body == whole


async def test_methods_are_called_by_json_rpc(both: Pair) -> None:  # AG-9
    async def call(body: bytes) -> bytes:
        return (await both.alice.ask(both.bob.me, body, topic="rpc")).body

    named = rpc.encode_call("add", {"one": 1, "two": 2}, 7)
    assert rpc.result_of(await call(named), 7) == 3
    with pytest.raises(BadInput, match="missing a required argument"):
        rpc.result_of(await call(rpc.encode_call("add", [1], 8)), 8)
    with pytest.raises(NotFound, match="methods: add"):
        rpc.result_of(await call(rpc.encode_call("away", [], 9)), 9)
    with pytest.raises(Unavailable, match="later"):
        rpc.result_of(await call(rpc.encode_call("refuse", [], 1)), 1)
    assert await call(rpc.encode_call("add", [1, 2], None)) == b""
    batch = b"[" + named + b", 17, " + rpc.encode_call("add", [3, 4], 2) + b"]"
    assert b"-32600" in await call(batch)
    assert b'"result":7' in await call(batch)
    assert b"-32700" in await call(b"{")
