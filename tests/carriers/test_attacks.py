"""Who has no business at an agent's HTTP address, and what it may not do there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from overlay.endpoint.composer import Composer, Outgoing
from overlay.endpoint.couriers import Courier
from overlay.errors import BadCertificate
from overlay.trust.keycard import KeyCard
from overlay.wire.envelope import decode_header
from tests.carriers.pair import LIMIT_S, Pair, pair
from tests.carriers.raw_http import connect, post, raw, status
from tests.dict_registry import eventually
from tests.memory_domain import MemoryDomain, quick


@pytest.fixture
def domain() -> MemoryDomain:
    return MemoryDomain(settings=quick(http_slow_s=0.5, http_idle_s=LIMIT_S, http_connections=4))


@pytest.fixture
async def served(domain: MemoryDomain, tmp_path: Path) -> AsyncIterator[Pair]:
    async with pair(domain, tmp_path) as made:
        yield made


async def test_nobody_comes_in_without_a_certificate_of_a_trusted_domain(
    domain: MemoryDomain, served: Pair
) -> None:  # GW-17
    stranger = MemoryDomain("b.example").credentials("alice")
    for own in (None, stranger):
        assert await raw(served.address, own, post("/skills/echo", b"x")) == b""
    await eventually(lambda: served.bob.counters["http-handshake-failed"] == 2)
    assert served.handled == []


async def test_agents_of_a_domain_that_was_not_named_go_by_the_gateways(
    domain: MemoryDomain, served: Pair
) -> None:  # GW-11
    """Also where its root is trusted for what comes over the broker."""
    other = MemoryDomain("b.example")
    served.bob.trust.add(other.bundle)
    assert await raw(served.address, other.credentials("alice"), post("/skills/echo", b"x")) == b""


async def test_who_is_revoked_is_out_with_its_next_request_on_the_same_connection(
    domain: MemoryDomain, served: Pair
) -> None:  # CA-8
    mallory = domain.credentials("mallory")
    reader, writer = await connect(served.address, mallory)
    writer.write(post("/skills/echo", b"x", close=False))
    assert b"200" in await reader.readline()
    served.bob.trust.deny(mallory.party.domain, mallory.identity.serial)
    writer.write(post("/skills/echo", b"y"))
    async with asyncio.timeout(LIMIT_S):
        rest = await reader.read(-1)
    assert b"HTTP/1.1 401" in rest
    writer.transport.abort()
    assert served.handled == [b"x"]


async def test_who_asks_is_who_the_certificate_says_whatever_headers_say(
    domain: MemoryDomain, served: Pair
) -> None:  # GW-17
    forged = ("overlay-sender: carol@a.example", "from: carol@a.example")
    answer = await raw(served.address, domain.credentials("mallory"), post("/skills/who", b"", *forged))
    assert status(answer) == 200
    assert b"mallory@a.example" in answer
    assert b"carol" not in answer


async def test_an_envelope_counts_for_who_sealed_it_and_once(domain: MemoryDomain, served: Pair) -> None:
    # GW-17
    seen: list[bytes] = []
    courier = served.alice._parts.couriers.to[served.bob.me]

    class Tapped:
        async def carry(self, envelope: bytes, card: KeyCard, timeout_s: float) -> bytes:
            seen.append(envelope)
            return await courier.carry(envelope, card, timeout_s)

    tapped: Courier = Tapped()
    served.alice.carriers.use(served.bob.me, tapped)
    await served.alice.ask(served.bob.me, b"hello", topic="echo")
    kind = "content-type: application/vnd.overlay.envelope"
    mallory = domain.credentials("mallory")
    assert b"hello" not in seen[0]
    assert status(await raw(served.address, mallory, post("/envelopes", seen[0], kind))) == 409
    changed = seen[0][:-1] + bytes([seen[0][-1] ^ 1])
    assert status(await raw(served.address, mallory, post("/envelopes", changed, kind))) in (401, 409)
    assert served.handled == [b"hello"]


async def test_what_was_sealed_for_the_broker_is_not_taken_from_another(
    domain: MemoryDomain, served: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:  # AG-10
    """By who sees envelopes there: it would overtake, or come once more."""
    seen: list[bytes] = []
    seal = Composer.seal

    def tapped(
        composer: Composer, outgoing: Outgoing, *, always_wrap: bool = False, answers: str = ""
    ) -> bytes:
        seen.append(seal(composer, outgoing, always_wrap=always_wrap, answers=answers))
        return seen[-1]

    monkeypatch.setattr(Composer, "seal", tapped)
    served.alice.carriers.use(served.bob.me, None)
    domain.broker.lose = lambda _: True
    await served.alice.send(served.bob.me, b"first", topic="echo", reliable=False)
    domain.broker.lose = lambda _: False
    await (await served.alice.send(served.bob.me, b"second", topic="echo", reliable=True)).receipt()
    kind = "content-type: application/vnd.overlay.envelope"
    for envelope in [one for one in seen if decode_header(one).to == str(served.bob.me)]:
        answer = await raw(served.address, domain.credentials("mallory"), post("/envelopes", envelope, kind))
        assert status(answer) in (400, 409)
    assert served.handled == [b"second"]


async def test_who_has_too_many_silent_connections_does_not_keep_others_out(tmp_path: Path) -> None:  # GW-15
    domain = MemoryDomain(settings=quick(http_idle_s=600, http_connections=4, http_per_party=2))
    async with pair(domain, tmp_path) as served:
        mallory = domain.credentials("mallory")
        silent = [await connect(served.address, mallory) for _ in range(4)]
        answer = await served.alice.ask(served.bob.me, b"hello", topic="echo", timeout_s=LIMIT_S)
        assert answer.body == b"hello"
        for _, writer in silent:
            writer.transport.abort()


async def test_the_same_idempotency_key_is_handled_once(domain: MemoryDomain, served: Pair) -> None:  # AG-10
    mallory, key = domain.credentials("mallory"), "idempotency-key: " + "ab" * 16
    answers = [await raw(served.address, mallory, post("/skills/echo", b"x", key)) for _ in range(3)]
    assert [answer.rpartition(b"\r\n\r\n")[2] for answer in answers] == [b"x"] * 3
    assert served.handled == [b"x"]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"GET / HTTP/1.1\r\n\r\n", 400, id="no host"),
        pytest.param(b"\x16\x03\x01 nonsense\r\n\r\n", 400, id="nonsense"),
        pytest.param(post("/skills/echo", b"", "transfer-encoding: chunked"), 400, id="two lengths"),
        pytest.param(post("/skills/echo", b"x", "content-length: 5"), 400, id="two content lengths"),
        pytest.param(post("/skills/echo", b"", "x: a", "x: b"), 400, id="a header twice"),
        pytest.param(post("/skills/echo", b"", "x" * 20_000 + ": y"), 431, id="a head that is too large"),
        pytest.param(post("/skills/echo", b"", "a : b"), 400, id="a space before the colon"),
        pytest.param(
            b"POST /skills/echo HTTP/1.1\r\nhost: b\r\ncontent-length: 99999999999\r\n\r\n", 413, id="large"
        ),
        pytest.param(post("/../etc/passwd", b""), 404, id="elsewhere"),
        pytest.param(b"POST /skills/echo HTTP/1.1\r\nhost: b\r\ncontent-length: 9\r\n\r\nx", 504, id="slow"),
    ],
)
async def test_malformed_and_slow_requests_are_refused_and_the_connection_ends(
    domain: MemoryDomain, served: Pair, data: bytes, said: int
) -> None:  # GW-18
    assert status(await raw(served.address, domain.credentials("mallory"), data)) == said
    assert served.handled == []


async def test_who_sends_a_byte_now_and_then_does_not_keep_others_out(
    domain: MemoryDomain, served: Pair
) -> None:  # GW-15
    """More than there is room for: their heads do not end, and so they are let go."""
    mallory = domain.credentials("mallory")
    slow = [await connect(served.address, mallory) for _ in range(3)]
    for _, writer in slow:
        writer.write(b"POST /skills/echo HTTP/1.1\r\nx: ")
    answer = await served.alice.ask(served.bob.me, b"hello", topic="echo", timeout_s=LIMIT_S)
    assert answer.body == b"hello"
    for _, writer in slow:
        writer.transport.abort()


async def test_who_has_not_the_key_of_the_agent_gets_nothing(domain: MemoryDomain, served: Pair) -> None:
    # GW-17
    """An agent of the same domain on the address of another."""
    carol = await domain.directory.card(domain.party("carol").id)
    courier = served.alice._parts.couriers.to[served.bob.me]
    with pytest.raises(BadCertificate, match="not have the key"):
        await courier.carry(b"x", carol, LIMIT_S)
