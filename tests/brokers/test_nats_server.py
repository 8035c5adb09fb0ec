"""A domain's nats-server: started, found again, and what it says when it cannot start."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from overlay.brokers.nats_config import NatsServerConfig, nats_config
from overlay.brokers.nats_server import NatsServer
from overlay.brokers.startup_log import reason_in
from overlay.errors import BadSettings, Unavailable
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.trust.identity import Role
from tests.brokers.certificates import Ca


@pytest.fixture(scope="module")
def ca(tmp_path_factory: pytest.TempPathFactory) -> Ca:
    return Ca(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def tls(ca: Ca) -> TlsFiles:
    return ca.issue("broker", Role.BROKER)


@pytest_asyncio.fixture(loop_scope="session")
async def server(tmp_path: Path, tls: TlsFiles) -> AsyncIterator[NatsServer]:
    made = NatsServer(tmp_path / "nats", tls, Settings())
    yield made
    await made.stop()


async def test_it_starts_once_and_is_found_again_at_its_address(
    server: NatsServer, tls: TlsFiles, tmp_path: Path
) -> None:
    await server.start()
    await server.start()
    found = NatsServer(tmp_path / "nats", tls, Settings())
    assert found.running()
    assert (found.address, found.secrets) == (server.address, server.secrets)
    await found.stop()
    assert not server.running()
    await server.start()
    assert server.address == found.address


async def test_all_its_files_are_private_and_hold_no_secret_in_the_log(
    server: NatsServer, tmp_path: Path
) -> None:
    await server.start()
    files = [path for path in (tmp_path / "nats").iterdir() if path.is_file()]
    assert server.log in files
    assert [path.name for path in files if path.stat().st_mode & 0o077] == []
    log = server.log.read_text()
    secrets = server.secrets
    assert not any(word in log for word in (secrets.auth_password, secrets.issuer_seed))
    assert secrets.sys_password not in repr(secrets)


async def test_a_taken_port_is_named_before_anything_starts(tmp_path: Path, tls: TlsFiles) -> None:
    with socket.create_server(("localhost", 0)) as other:
        server = NatsServer(tmp_path / "nats", tls, Settings(), port=other.getsockname()[1])
        with pytest.raises(Unavailable, match="is taken by another program"):
            await server.start()
    assert not server.running()


async def test_a_missing_program_is_named_with_the_setting(tmp_path: Path, tls: TlsFiles) -> None:
    server = NatsServer(tmp_path / "nats", tls, Settings(nats_server=tmp_path / "none"))
    with pytest.raises(BadSettings, match="none is not a program that can be run"):
        await server.start()


async def test_a_refused_configuration_is_explained_from_the_log(
    tmp_path: Path, ca: Ca, tls: TlsFiles
) -> None:
    wrong = TlsFiles(tls.ca, tls.certificate, ca.issue("other").key)
    server = NatsServer(tmp_path / "nats", wrong, Settings())
    with pytest.raises(BadSettings, match="private key does not match public key"):
        await server.start()
    assert not server.running()


async def test_a_certificate_for_another_host_is_refused_at_the_start(tmp_path: Path, ca: Ca) -> None:
    elsewhere = ca.write(*ca.certificate("broker", Role.BROKER, host="broker.example"))
    server = NatsServer(tmp_path / "nats", elsewhere, Settings())
    with pytest.raises(BadSettings, match="does not hold for localhost"):
        await server.start()
    assert not server.running()


def test_a_damaged_secrets_file_is_named(tmp_path: Path, tls: TlsFiles) -> None:
    NatsServer(tmp_path / "nats", tls, Settings())
    (tmp_path / "nats" / "secrets.json").write_bytes(b"{}")
    with pytest.raises(BadSettings, match=r"secrets\.json is damaged"):
        NatsServer(tmp_path / "nats", tls, Settings())


def test_a_value_cannot_break_out_of_the_configuration() -> None:
    config = NatsServerConfig(
        name='x"\nport: 1',
        host="localhost",
        port=1,
        tls=TlsFiles(Path("ca"), Path("c"), Path("k")),
        store=Path("s"),
        log=Path("l"),
        issuer="A",
        sys_password="p",
        auth_password="p",
        provisioner_password="p",
        registry_password="p",
        max_payload_bytes=1,
        max_file_bytes=1,
        max_connections=1,
        max_subscriptions=1,
        login_timeout_s=1,
        pull_lifetime_s=1,
        log_bytes=1,
    )
    with pytest.raises(BadSettings, match="control character"):
        nats_config(config)


def test_the_reason_is_the_gravest_line_or_the_last_ones() -> None:
    log = "[INF] starting\n[ERR] small\n[FTL] no space\n[INF] bye\n"
    assert reason_in(log, ("[FTL]", "[ERR]")) == "[FTL] no space"
    assert reason_in("one\ntwo\nthree\nfour\n", ("[FTL]",)) == "two; three; four"
    assert reason_in("", ("[FTL]",)) == "it wrote nothing"
