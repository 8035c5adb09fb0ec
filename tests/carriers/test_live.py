"""Agents of a live domain: tasks, methods and streams, over the broker and over HTTP."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from overlay.endpoint.message import Message
from overlay.errors import NotPermitted
from overlay.registry.record import HTTP_INTERFACE
from overlay.streams.stream import Stream
from overlay.tasks.run import TaskRun
from tests.live_domain import LIMIT_S, LiveDomain, fresh


@pytest.mark.parametrize("way", ["broker", "http"])
async def test_tasks_and_methods_go_alike_over_both(live: LiveDomain, way: str) -> None:  # AG-3, AG-9
    word = fresh("repair")
    bob, alice = await live.agent("bob", (word, f"{word}-rpc")), await live.agent("alice")

    @bob.executes(word)
    async def repair(run: TaskRun) -> str:
        await run.progress("half")
        return f"done: {run.text}"

    methods = bob.jsonrpc(f"{word}-rpc")

    @methods.method("restart")
    async def restart(message: Message, line: str) -> dict[str, str]:
        return {"line": line, "for": message.sender.name}

    async with bob, alice:
        if way == "http":
            address = await bob.serve_http()
            record = await alice.look_up(bob.id)
            assert {one.id: one.address for one in record.profile.interfaces} == {HTTP_INTERFACE: address}
            assert await alice.use_http(bob.id) == address
        async with asyncio.timeout(LIMIT_S):
            task = await alice.start_task(bob.id, "line 17", skill=word)
            assert (await task.result()).text == "done: line 17"
            said = [event async for event in task.events()]
            assert len(said) >= 2
            again = await alice.start_task(bob.id, "line 17", skill=word, id=task.id)
            assert (await again.result()).text == "done: line 17"
            called = await alice.call(bob.id, "restart", {"line": "17"}, skill=f"{word}-rpc")
        assert called == {"line": "17", "for": alice.id.name}


async def test_a_stranger_with_curl_and_its_certificate_is_answered_as_itself(live: LiveDomain) -> None:
    # AG-9, GW-17
    word = fresh("whoami")
    bob, alice = await live.agent("bob", (word,)), await live.agent("alice")

    @bob.serves(word)
    async def whoami(message: Message) -> str:
        return str(message.sender)

    curl = shutil.which("curl")
    async with bob, alice:
        address = await bob.serve_http()
        own = alice.endpoint.party.tls
        assert own is not None
        if curl is None:  # the same by our own client, where there is none
            await alice.use_http(bob.id, address)
            assert (await alice.ask(bob.id, skill=word)).text == str(alice.id)
            return
        words = (
            "-sS",
            "--max-time",
            "30",
            "--cacert",
            str(bob._home / "http.pem"),
            "--cert",
            own.certificate,
        )
        process = await asyncio.create_subprocess_exec(
            curl, *words, "--key", own.key, "--data", "", f"{address}/skills/{word}", stdout=-1
        )
        out, _ = await process.communicate()
        assert out.decode() == str(alice.id)


async def test_a_stream_is_read_in_order_by_who_takes_it(live: LiveDomain) -> None:  # AG-8
    heard: list[bytes] = []
    done = asyncio.Event()

    async def listen(stream: Stream) -> None:
        async for frame in stream:
            heard.append(frame.data)
            await stream.send(b"heard " + frame.data)
            if len(heard) == 10:
                done.set()

    bob, alice = await live.agent("bob"), await live.agent("alice")
    async with bob, alice, asyncio.timeout(LIMIT_S):
        bob.on_stream("audio/*", listen)
        stream = await alice.open_stream(bob.id, "audio/opus", late_ms=30_000)
        for number in range(10):
            await stream.send(b"%d" % number)
        assert (await anext(aiter(stream))).data == b"heard 0"
        await done.wait()
        await stream.end()
    assert heard == [b"%d" % number for number in range(10)]


async def test_an_agent_of_another_access_is_refused_over_http_as_over_the_broker(live: LiveDomain) -> None:
    # GW-17
    word = fresh("closed")
    bob, alice = await live.agent("bob", (word,)), await live.agent("alice")

    @bob.serves(word, closed=True, allow=["nobody@live.example"])
    async def never(message: Message) -> None:
        raise AssertionError(message.sender)

    async with bob, alice:
        for http in (False, True):
            if http:
                await alice.use_http(bob.id, await bob.serve_http())
            with pytest.raises(NotPermitted):
                await alice.ask(bob.id, skill=word)
