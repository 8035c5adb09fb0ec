"""Starting RabbitMQ, finding it again, stopping it, and what is said when it does not start."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from overlay.brokers import rabbitmq_program
from overlay.brokers.account import Account
from overlay.brokers.rabbitmq_node import RabbitNode
from overlay.errors import BadSettings, Unavailable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.trust.identity import BROKER, Role
from tests.brokers.certificates import Ca
from tests.rabbitmq_live import passable_folder


@pytest.fixture
def folder() -> Iterator[Path]:
    made = passable_folder()
    yield made
    shutil.rmtree(made)


@pytest.fixture
def tls(folder: Path) -> TlsFiles:
    return Ca(folder / "ca").issue(BROKER, Role.BROKER)


def processes_of(folder: Path) -> list[str]:
    """Node and port mapper, if they run with a home in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            servers = process.name() in ("beam.smp", "epmd")
            if servers and process.environ().get("HOME", "").startswith(str(folder)):
                found.append(process.name())
        except (psutil.AccessDenied, psutil.NoSuchProcess, psutil.ZombieProcess):
            continue
    return found


async def test_a_node_is_found_again_and_leaves_nothing_running(folder: Path, tls: TlsFiles) -> None:
    first = RabbitNode(folder / "node", tls, Settings())
    try:
        await first.start()
        again = RabbitNode(folder / "node", tls, Settings())
        assert again.running()
        assert (again.address, again.management) == (first.address, first.management)
        await again.start()
        assert sorted(processes_of(folder)) == ["beam.smp", "epmd"]
        check_readable_by_owner_only(folder / "node")
        await again.stop()
        assert not first.running()
        assert processes_of(folder) == []
    finally:
        await first.stop()


def check_readable_by_owner_only(node: Path) -> None:
    """No key, password or message of the node is readable for another user."""
    for name in ("node.json", "definitions.json", "key.pem", "output.log", "home", "mnesia", "log"):
        assert (node / name).stat().st_mode & 0o077 == 0, name


async def test_a_taken_port_is_named(folder: Path, tls: TlsFiles) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        node = RabbitNode(folder / "node", tls, Settings(), host="127.0.0.1", port=port)
        with pytest.raises(Unavailable, match=f"port {port} of 127.0.0.1 is taken"):
            await node.start()
    assert processes_of(folder) == []


async def test_a_missing_rabbitmq_says_what_to_install(
    folder: Path, tls: TlsFiles, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_program, "_PACKAGED", folder / "nothing-here")
    monkeypatch.setenv("PATH", str(folder))
    with pytest.raises(BadSettings, match="apt-get install rabbitmq-server"):
        await RabbitNode(folder / "node", tls, Settings()).start()


async def test_the_reason_in_the_log_is_told_when_a_node_ends_while_starting(
    folder: Path, tls: TlsFiles
) -> None:
    script = folder / "rabbitmq-server"
    script.write_text("#!/bin/sh\necho starting\necho '2026 [error] <0.1.0> no room on disk'\nexit 1\n")
    script.chmod(0o755)
    node = RabbitNode(folder / "node", tls, Settings(rabbitmq_server=script))
    with pytest.raises(BadSettings, match=r"did not start: .*no room on disk"):
        await node.start()
    assert processes_of(folder) == []


async def test_a_port_once_drawn_is_kept(folder: Path, tls: TlsFiles) -> None:
    def address(port: int = 0) -> BrokerAddress:
        return RabbitNode(folder / "node", tls, Settings(), port=port).address

    drawn = address()
    assert address() == drawn
    assert address(5671).port == address().port == 5671


def test_root_is_told_which_folder_bars_nobody(folder: Path) -> None:
    barred = folder / "barred"
    barred.mkdir(mode=0o700)
    account = Account(uid=65534, gid=65534, switch=True)
    with pytest.raises(BadSettings, match=f"chmod o\\+x {barred}`"):
        account.check_passable(barred / "node")
    assert account.command(["true"])[1:] == ["--reuid=65534", "--regid=65534", "--clear-groups", "--", "true"]
