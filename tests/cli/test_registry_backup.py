"""`overlay registry backup`, `restore` and `store`, on domains that are up and down."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from overlay.clock import system_clock
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.registry.storage.contract import Note, Write
from overlay.registry.storage.sqlite_keys import SqliteStore
from overlay.transport.address import BrokerKind
from tests.integration.buckets import registry_settings
from tests.live_domain import LiveDomain, overlay


async def written(folder: DomainFolder, value: bytes) -> None:
    """As by a registry that ran."""
    store = SqliteStore(folder.registry_store, system_clock, 10)
    await store.open(lambda _: None)
    await store.commit([Write("agent.a", value)], [Note("bob", "register", "a")])
    await store.close()


async def test_a_backup_is_private_and_put_back_into_its_own_domain_only(tmp_path: Path) -> None:
    folders = []
    for name in ("one.example", "two.example"):
        create_domain(tmp_path / name, Wish(name, BrokerKind.NATS))
        folders.append(DomainFolder.open(tmp_path / name))
    one, two = folders
    await written(one, b"1")
    file = tmp_path / "backup"

    made = await overlay("registry", "backup", str(file), "--home", str(one.path), "--json")
    assert made.code == 0, made.err
    assert json.loads(made.out)["keys"] == 1
    assert file.stat().st_mode & 0o777 == 0o600
    await written(one, b"2")
    again = await overlay("registry", "restore", str(file), "--home", str(one.path), "--json")
    assert again.code == 0, again.err
    assert json.loads(again.out)["log"] != json.loads(made.out)["log"]
    told = await overlay("registry", "store", "--home", str(one.path), "--json")
    assert json.loads(told.out)["log"] == json.loads(again.out)["log"]
    assert json.loads(told.out)["replicas"] == [{"replica": "registry", "there": False, "behind": 0}]

    foreign = await overlay("registry", "restore", str(file), "--home", str(two.path))
    assert (foreign.code, "one.example" in foreign.err) == (2, True)
    taken = await overlay("registry", "backup", str(file), "--home", str(one.path))
    assert (taken.code, "there already" in taken.err) == (2, True)


async def test_a_file_moves_into_a_bucket_and_back_while_the_domain_is_down(tmp_path: Path) -> None:
    create_domain(tmp_path / "d", Wish("made.example", BrokerKind.NATS))
    folder = DomainFolder.open(tmp_path / "d")
    await written(folder, b"1")

    async def told(*words: str) -> dict[str, Any]:
        end = await overlay(*words, "--home", str(folder.path), "--json")
        assert end.code == 0, end.err
        found: dict[str, Any] = json.loads(end.out)
        return found

    await told("registry", "backup", str(tmp_path / "file"))
    plain = folder.settings.read_text()
    registry_settings(folder, replicas=2)
    (unwritten,) = (await told("ca", "audit", "--log", "registry", "--verify"))["logs"]
    assert unwritten["entries"] == 0
    restored = await told("registry", "restore", str(tmp_path / "file"))

    store, proof = await told("registry", "store"), await told("ca", "audit", "--log", "registry", "--verify")
    assert (store["kind"], store["log"], store["keys"]) == ("jetstream", restored["log"], 1)
    assert [(log["log"], log["entries"]) for log in proof["logs"]] == [("registry", 1)]
    shown = await told("ca", "audit", "--log", "registry")
    assert (shown["log"], shown["number"], shown["who"]) == ("registry", 1, "bob")

    await told("registry", "backup", str(tmp_path / "bucket"))
    folder.settings.write_text(plain)
    await told("registry", "restore", str(tmp_path / "bucket"))
    again = await told("ca", "audit", "--log", "registry", "--head", proof["logs"][0]["head"])
    assert again["well"]


async def test_a_registry_that_runs_is_backed_up_and_not_restored(live: LiveDomain, tmp_path: Path) -> None:
    file = tmp_path / "backup"

    made = await overlay("registry", "backup", str(file), "--home", live.home)
    assert made.code == 0, made.err
    refused = await overlay("registry", "restore", str(file), "--home", live.home)

    assert (refused.code, "overlay down" in refused.err) == (1, True)
