"""A store over a network: connections that are lost, servers that end, feeds with gaps."""

from __future__ import annotations

import asyncio

import pytest

from overlay.errors import Refused, Unavailable
from overlay.registry.storage.contract import Conflict, Note, Write
from overlay.registry.storage.nats_snapshot import write_bucket
from tests.registry.storage.subject import Handle, History
from tests.registry.storage.subjects import BucketHistory
from tests.registry.storage.test_store import checked


async def counted(handle: Handle, key: str, times: int) -> None:
    """Raises the number under `key`, as often as this, however others interfere."""
    for _ in range(times):
        while True:
            held = handle.newest(key)
            number = int(held.value or b"0") if held else 0
            write = Write(key, b"%d" % (number + 1), held.revision if held else 0)
            try:
                await handle.store.commit([write], [Note("bob", "count", key)])
            except Conflict:
                continue
            break


async def test_nothing_is_lost_and_nothing_done_twice_while_connections_break(remote: History) -> None:
    one, two = await remote.handle("one"), await remote.handle("two")
    await counted(one, "agent.a", 1)

    counting = asyncio.gather(counted(one, "agent.a", 30), counted(two, "agent.a", 30))
    for handle in (one, two, one):
        before = len(handle.fed)
        await handle.heard(handle.fed[before - 1].revision + 1)
        await remote.cut()
        await remote.mend()
    await counting

    late = await remote.handle("late")
    assert late.fed[-1].value == b"61"
    await asyncio.gather(*(handle.heard(late.fed[-1].revision) for handle in (one, two)))
    for handle in (one, two):  # of what was replaced while it was away, a handle may see the newest only
        numbers = [int(entry.value or b"") for entry in handle.fed]
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == 61
    audits = (await remote.snapshot()).audits
    assert len(checked(audits["one"])) + len(checked(audits["two"])) == 61


async def test_commits_wait_for_a_server_that_restarts(remote: History) -> None:
    one, two = await remote.handle("one"), await remote.handle("two")
    await counted(one, "agent.a", 1)

    counting = asyncio.gather(counted(one, "agent.a", 10), counted(two, "agent.b", 10))
    await two.heard(one.fed[0].revision + 1)
    await remote.outage()
    await counting

    last = await one.store.commit([Write("agent.c", b"")])
    await two.heard(last)
    for handle in (one, two):
        assert {entry.key: entry.value for entry in handle.fed} == {
            "agent.a": b"11",
            "agent.b": b"10",
            "agent.c": b"",
        }


async def test_a_process_ends_when_its_history_was_replaced(remote: History) -> None:
    handle = await remote.handle()
    await handle.store.commit([Write("agent.a", b"1"), Write("agent.b", b"1")])
    await handle.store.commit([Write("agent.b", None)])
    snapshot = await remote.snapshot()
    await remote.cut()
    await remote.restore(snapshot)

    await remote.mend()
    with pytest.raises(Unavailable, match="restored"):
        await handle.ended()

    again = await remote.handle()
    assert again.store.log != handle.store.log
    assert [(entry.key, entry.value) for entry in again.fed] == [("agent.a", b"1"), ("agent.b", None)]
    assert again.fed[0].revision > handle.fed[-1].revision


async def test_a_bucket_in_use_is_not_replaced(bucket: BucketHistory) -> None:
    await bucket.handle("registry-2")

    with pytest.raises(Refused, match="registry-2"):
        await write_bucket(bucket.server.access(), bucket.settings, await bucket.snapshot())
