"""A backup of one kind of store, put back into any."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from overlay.audit import verify
from overlay.clock import system_clock
from overlay.errors import BadInput
from overlay.registry.storage.backup import backup_from_bytes, backup_of, backup_to_bytes
from overlay.registry.storage.contract import Note, Write
from overlay.registry.storage.snapshot import Snapshot
from tests.registry.storage.subject import History
from tests.registry.storage.subjects import BucketHistory, BucketServer, SqliteHistory


def saved(snapshot: Snapshot) -> bytes:
    return backup_to_bytes(backup_of(snapshot, "a.example", system_clock()))


@pytest.mark.parametrize("to", ["sqlite", "jetstream"])
async def test_what_is_put_back_is_what_was_there_in_another_history(
    lasting: History, to: str, tmp_path: Path, bucket_server: BucketServer
) -> None:
    handle = await lasting.handle()
    acts = ([Write(f"agent.{number % 520}", b"%d" % number)] for number in range(600))
    await asyncio.gather(*(handle.store.commit(act, [Note("bob", "go", "a")]) for act in acts))
    last = await handle.store.commit([Write("agent.7", None)])
    await handle.close()
    before = await lasting.snapshot()
    folder = tmp_path / "other"
    folder.mkdir()
    other = SqliteHistory(folder) if to == "sqlite" else BucketHistory(folder, bucket_server)

    await other.restore(backup_from_bytes(saved(before)).snapshot)

    again = await other.handle()
    assert [(entry.key, entry.value) for entry in again.fed] == [
        (entry.key, entry.value) for entry in before.entries
    ]
    assert again.fed[0].revision > last
    assert again.store.log != before.log
    await again.store.commit([Write("agent.7", b"again")], [Note("bob", "go", "a")])
    audits = (await other.snapshot()).audits
    assert verify(audits["registry"]) == 601
    assert audits["registry"][:600] == before.audits["registry"]
    await other.close()


async def test_a_backup_is_taken_while_others_write_and_no_act_is_in_it_by_half(lasting: History) -> None:
    handle = await lasting.handle()

    async def write() -> None:
        for number in range(100):
            value = b"%d" % number
            await handle.store.commit([Write("agent.a", value), Write("agent.b", value)])

    writing = asyncio.create_task(write())
    await handle.heard(1)
    while not writing.done():
        values = {entry.key: entry.value for entry in (await lasting.snapshot()).entries}
        assert values["agent.a"] == values["agent.b"]
        await asyncio.sleep(0.01)
    await writing


@pytest.mark.parametrize("wrong", ["foreign", "cut", "changed", "empty"])
async def test_a_file_that_is_no_whole_backup_is_refused(wrong: str) -> None:
    data = saved(Snapshot("log"))
    bad = {
        "foreign": b"SQLite format 3\0" + data,
        "cut": data[:-1],
        "changed": data[:-1] + bytes([data[-1] ^ 1]),
        "empty": b"",
    }[wrong]

    with pytest.raises(BadInput, match="backup"):
        backup_from_bytes(bad)
