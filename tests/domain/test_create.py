"""Making a domain: all of it or nothing, and nobody else may read it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from overlay.brokers.ports import free_port
from overlay.domain import create
from overlay.domain.config import load_config
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.errors import BadInput, BadSettings
from overlay.settings import Settings
from overlay.transport.address import BrokerKind

NATS = BrokerKind.NATS


def test_everything_in_a_domain_is_for_its_owner_only(tmp_path: Path) -> None:
    create_domain(tmp_path / "a", Wish("a.example", NATS))
    modes = {path: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "a").rglob("*")}
    assert {path: mode for path, mode in modes.items() if mode & 0o077} == {}
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700


def test_a_domain_holds_its_services_with_certificates_of_its_own_root(tmp_path: Path) -> None:
    port = free_port()
    create_domain(tmp_path / "a", Wish("a.example", NATS, port=port))
    folder = DomainFolder.open(tmp_path / "a")
    config = load_config(folder.config)
    assert (config.domain, config.url, config.managed) == ("a.example", f"tls://localhost:{port}", True)
    for name in ("ca", "registry", "gw", "operator"):
        party = Home(folder.service(name)).load(Settings())
        assert str(party.id) == f"{name}@a.example"
        party.trust_store().verify(party.credentials.certificate, party.clock())


def test_a_domain_that_cannot_be_finished_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise BadSettings("the disk is full")

    monkeypatch.setattr(create, "CaStore", broken)
    with pytest.raises(BadSettings, match="disk is full"):
        create_domain(tmp_path / "a", Wish("a.example", NATS))
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_rabbitmq_cannot_be_told_of_is_refused_before_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="without spaces"):
        create_domain(tmp_path / "my domain", Wish("a.example", BrokerKind.RABBITMQ))
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    with pytest.raises(BadSettings, match="is there already"):
        create_domain(tmp_path / "a", Wish("a.example", NATS))
    assert list((tmp_path / "a").iterdir()) == []


@pytest.mark.parametrize(
    ("wish", "wrong"),
    [
        (Wish("A Domain", NATS), "is not a domain"),
        (Wish("a.example", BrokerKind.MEMORY), "nats or rabbitmq"),
        (Wish("a.example", NATS, hosts=("",)), "host is empty"),
        (Wish("a.example", NATS, hosts=("no.such.host.invalid",)), "resolved"),
        (Wish("a.example", NATS, broker_url="nats://localhost"), "without TLS"),
        (Wish("a.example", NATS, broker_url="amqps://localhost"), "not the address of a nats broker"),
        (Wish("a.example", BrokerKind.RABBITMQ, broker_url="amqps://localhost"), "--management"),
    ],
)
def test_a_wish_that_cannot_be_is_refused_and_leaves_nothing(tmp_path: Path, wish: Wish, wrong: str) -> None:
    with pytest.raises(BadInput, match=wrong):
        create_domain(tmp_path / "a", wish)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        (b"\xff\xfe", "cannot be read"),
        (b"domain = ", "cannot be read"),
        (b'domain = "a.example"\n', "broker: Field required"),
        (b'domain = "A"\nbroker = "nats"\nurl = "tls://h:1"\nmanaged = true\n', "is not a domain"),
        (b'domain = "a.b"\nbroker = "nats"\nurl = "nats://h:1"\nmanaged = true\n', "without TLS"),
    ],
)
def test_a_damaged_set_up_says_where_and_what(tmp_path: Path, text: bytes, wrong: str) -> None:
    file = tmp_path / "domain.toml"
    file.write_bytes(text)
    with pytest.raises(BadSettings, match=rf"domain\.toml.*{wrong}"):
        load_config(file)
