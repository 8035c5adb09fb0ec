"""An embedding endpoint: what is asked of it, what is believed, and what happens when it is not there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
import pytest

from overlay.discovery.contract import Said
from overlay.discovery.index import SemanticIndex
from overlay.discovery.remote import EmbeddingEndpoint
from overlay.discovery.remote_vectors import RemoteVectors
from overlay.errors import BadSettings, Failed, TimedOut, TooLarge, Unreachable
from overlay.settings import Settings
from tests.discovery.embedding_server import EmbeddingServer, serving

WAIT_S = 30.0


def settings_for(url: str, **more: object) -> Settings:
    given: dict[str, object] = {
        "discovery_embedding_url": url,
        "discovery_embedding_model": "tiny",
        "discovery_embedding_timeout_s": 20.0,
        "discovery_embedding_pause_s": 0.01,
        **more,
    }
    return Settings.model_validate(given)


@asynccontextmanager
async def endpoint(**more: object) -> AsyncIterator[tuple[EmbeddingServer, EmbeddingEndpoint]]:
    async with serving() as server:
        asking = EmbeddingEndpoint(settings_for(server.url, **more))
        try:
            yield server, asking
        finally:
            await asking.close()


@asynccontextmanager
async def running(**more: object) -> AsyncIterator[tuple[EmbeddingServer, SemanticIndex, RemoteVectors]]:
    async with serving() as server:
        index = SemanticIndex()
        remote = RemoteVectors(settings_for(server.url, **more), index)
        task = asyncio.create_task(remote.run())
        try:
            yield server, index, remote
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await remote.close()


async def test_vectors_come_in_the_order_of_the_texts_and_of_length_1() -> None:
    async with endpoint() as (server, asking):
        found = await asking.embed(["a", "b", " "], WAIT_S)
        assert np.allclose(np.linalg.norm(found, axis=1), [1, 1, 0], atol=1e-6)
        expected = np.array(server.vector("b"))
        assert np.allclose(found[1], expected / np.linalg.norm(expected), atol=1e-6)
        assert server.asked[0]["model"] == "tiny"


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b'{"data": []}',
        b'{"data": [{"index": 1, "embedding": [1, 2]}]}',
        b'{"data": [{"index": 0, "embedding": []}]}',
        b'{"data": [{"index": 0, "embedding": [1e999]}]}',
        b'{"data": [{"index": 0, "embedding": ["a"]}]}',
        b'{"data": [{"index": 0, "embedding": [NaN]}]}',
        b'{"data": [{"index": 0, "embedding": [1e30, 1e30]}]}',
        b'{"data": [{"index": 0, "embedding": [1e300]}]}',
        b'{"data": [{"index": 0, "embedding": [1], "more": ' + b"[" * 200_000,
    ],
)
async def test_what_is_no_answer_is_refused(body: bytes) -> None:
    async with endpoint() as (server, asking):
        server.body = body
        with pytest.raises(Failed):
            await asking.embed(["a"], WAIT_S)


async def test_vectors_of_another_size_than_asked_for_are_refused() -> None:
    async with endpoint(discovery_embedding_dimensions=5) as (server, asking):
        with pytest.raises(Failed, match="8 numbers, not 5"):
            await asking.embed(["a"], WAIT_S)
        assert server.asked[0]["dimensions"] == 5


async def test_an_endless_answer_is_not_read_to_the_end() -> None:
    async with endpoint(discovery_embedding_answer_bytes=65536) as (server, asking):
        server.body = b" " * 100_000
        with pytest.raises(TooLarge):
            await asking.embed(["a"], WAIT_S)


async def test_a_slow_endpoint_is_not_waited_for() -> None:
    async with endpoint() as (server, asking):
        server.answers.clear()
        with pytest.raises(TimedOut):
            await asking.embed(["a"], 0.05)
        server.answers.set()


async def test_the_key_is_sent_and_appears_nowhere_else(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("top-secret\n")
    file.chmod(0o600)
    async with endpoint(discovery_embedding_key_file=str(file)) as (server, asking):
        server.status = 401
        with pytest.raises(Failed) as refused:
            await asking.embed(["a"], WAIT_S)
        assert "authorization: bearer top-secret" in server.headers[0].lower()
        assert "top-secret" not in f"{refused.value} {asking.name}"
    assert "hush" not in repr(settings_for("https://e.example/v1", discovery_embedding_key="hush"))


def test_a_key_that_others_may_read_is_not_used(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("top-secret")
    file.chmod(0o644)
    with pytest.raises(BadSettings, match="chmod 600"):
        EmbeddingEndpoint(settings_for("https://e.example/v1", discovery_embedding_key_file=str(file)))


@pytest.mark.parametrize(
    "url",
    ["http://e.example/v1", "http://10.0.0.1/v1", "ftp://e.example", "nothing", "https://u:p@e.example"],
)
def test_only_tls_leaves_the_machine(url: str) -> None:
    with pytest.raises(BadSettings):
        EmbeddingEndpoint(settings_for(url))


async def test_agents_vectors_come_in_the_background_and_decide() -> None:
    async with running(discovery_embedding_batch=2) as (server, index, remote):
        for key, text in {"one": "alpha", "two": "beta", "three": "gamma"}.items():
            index.put(key, Said(key, text))
            remote.want(key, text)
        await asyncio.wait_for(remote.idle(), WAIT_S)
        vector = await remote.of_intent("beta")
        assert index.search("nothing they say", 1, vector=vector)[0].key == "two"
        assert [len(question["input"]) for question in server.asked] == [2, 1]
        assert remote.counters["agents"] == 3


async def test_what_was_embedded_once_is_not_asked_again() -> None:
    async with running() as (server, index, remote):
        index.put("one", Said("one", "alpha"))
        remote.want("one", "alpha")
        await asyncio.wait_for(remote.idle(), WAIT_S)
        index.put("two", Said("two", "alpha"))
        remote.want("two", "alpha")
        assert remote.waiting == 0
        assert await remote.of_intent("alpha") is not None
        assert len(server.asked) == 1


async def test_a_query_without_its_vector_is_counted_with_the_reason_and_the_endpoint_left_alone() -> None:
    async with running(discovery_embedding_pause_s=60) as (server, _, remote):
        server.status = 500
        assert await remote.of_intent("a") is None
        assert await remote.of_intent("a") is None
        assert remote.counters == {"fallback.failed": 1, "fallback.resting": 1}
        assert len(server.asked) == 1


async def test_agents_wait_until_the_endpoint_is_back() -> None:
    async with running() as (server, index, remote):
        server.status = 503
        index.put("one", Said("one", "alpha"))
        remote.want("one", "alpha")
        await asyncio.wait_for(server.asked_twice.wait(), WAIT_S)
        assert remote.counters["failed.failed"] >= 1
        assert remote.waiting == 1
        server.status = 200
        await asyncio.wait_for(remote.idle(), WAIT_S)
        assert remote.counters["agents"] == 1


async def test_a_text_that_the_endpoint_does_not_take_stops_no_other() -> None:
    async with running() as (server, index, remote):
        server.refused = "evil"
        for key in ("good", "evil", "fine", "nice"):
            index.put(key, Said(key, key))
            remote.want(key, key)
        await asyncio.wait_for(remote.idle(), WAIT_S)
        assert remote.counters["agents"] == 3
        assert remote.counters["dropped.too-large"] == 1


async def test_no_more_agents_wait_than_may() -> None:
    remote = RemoteVectors(
        settings_for("http://127.0.0.1:9/v1", discovery_embedding_waiting=100), SemanticIndex()
    )
    for number in range(101):
        remote.want(f"agent-{number}", str(number))
    assert remote.waiting == 100
    assert remote.counters["dropped.full"] == 1
    remote.forget("agent-0")
    assert remote.waiting == 99
    await remote.close()


async def test_nobody_listens() -> None:
    asking = EmbeddingEndpoint(settings_for("http://127.0.0.1:9/v1"))
    with pytest.raises(Unreachable):
        await asking.embed(["a"], WAIT_S)
    await asking.close()


def test_an_intent_in_another_space_than_the_agents_is_compared_without_it() -> None:
    index = SemanticIndex()
    index.put("a", Said("a", "mends broadband lines", (), ()))
    index.use_space("model", 3)
    assert index.give_vector("a", "model", np.ones(3, np.float32))
    asked = index.search("broadband", 1, None, np.ones(2, np.float32))
    assert asked == index.search("broadband", 1)
