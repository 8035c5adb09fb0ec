"""`overlay ca audit` on the files of a domain that is down."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.transport.address import BrokerKind
from tests.cli.test_program import complaint
from tests.live_domain import Done, overlay


def tampered(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.executescript(f"DROP TRIGGER audit_stays; DROP TRIGGER audit_keeps; {statement};")


async def test_the_log_is_shown_and_proved_and_tampering_is_found(tmp_path: Path) -> None:  # CA-8
    create_domain(tmp_path / "d", Wish("made.example", BrokerKind.NATS))
    store = DomainFolder.open(tmp_path / "d").ca_store

    async def audit(*words: str) -> Done:
        return await overlay("ca", "audit", *words, "--home", str(tmp_path / "d"))

    shown, proved, nonsense = await asyncio.gather(
        audit("--after", "1", "--json"), audit("--verify", "--json"), audit("--head", "ca:x")
    )
    numbers = [json.loads(line)["number"] for line in shown.out.splitlines()]
    assert numbers == list(range(2, len(numbers) + 2))
    logs = json.loads(proved.out)["logs"]
    assert (proved.code, [log["entries"] for log in logs]) == (0, [len(numbers) + 1, 0])
    head = logs[0]["head"]
    assert (await audit("--head", head)).code == 0
    assert "is no head" in complaint(nonsense)

    tampered(store, f"DELETE FROM audit WHERE number > {len(numbers)}")
    consistent, cut = await asyncio.gather(audit("--verify"), audit("--head", head))
    assert consistent.code == 0  # in itself it is: a known head shows more
    assert (cut.code, "cut off" in cut.out) == (1, True)

    with closing(sqlite3.connect(store)) as db:
        db.execute("UPDATE audit SET entry = replace(entry, 'operator', 'somebody') WHERE number = 2")
        db.commit()
    changed = await audit("--verify", "--json")
    assert (changed.code, json.loads(changed.out)["logs"][0]["bad_entry"]) == (1, 2)
