"""`overlay broker config`: what the operator of an existing broker is given."""

from __future__ import annotations

import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509

from overlay.brokers.nats_secrets import load_or_make_secrets
from overlay.domain.broker_files import Place, write_broker_files
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.errors import BadInput, BadSettings
from overlay.transport.address import BrokerKind

NATS = Wish("a.example", BrokerKind.NATS, broker_url="tls://nats.a.example:4222")
RABBITMQ = Wish(
    "b.example",
    BrokerKind.RABBITMQ,
    broker_url="amqps://rabbit.b.example:5671",
    management="https://admin.b.example:15672",
)
PLACE = Place(Path("/etc/broker"), "127.0.0.1")


def domain(path: Path, wish: Wish) -> DomainFolder:
    create_domain(path, wish)
    return DomainFolder.open(path)


def test_every_file_is_private_and_names_the_others_as_the_broker_sees_them(tmp_path: Path) -> None:
    for name, wish in (("a", NATS), ("b", RABBITMQ)):
        output = tmp_path / f"{name}-broker"
        names = write_broker_files(domain(tmp_path / name, wish), output, PLACE)
        assert {path.name for path in output.iterdir() if path.is_file()} == set(names)
        assert {stat.S_IMODE(path.stat().st_mode) for path in output.iterdir()} == {0o600, 0o700}
        text = "".join((output / name).read_text() for name in names)
        assert str(tmp_path) not in text
        assert "/etc/broker/" in text


def test_a_nats_server_gets_no_key_that_lets_parties_in(tmp_path: Path) -> None:
    folder = domain(tmp_path / "a", NATS)
    names = write_broker_files(folder, tmp_path / "out", replace(PLACE, store=Path("/var/lib/nats")))
    text = "".join((tmp_path / "out" / name).read_text() for name in names)
    secrets = load_or_make_secrets(folder.secrets)
    assert secrets.issuer_seed not in text
    assert folder.root_key.read_text() not in text
    assert secrets.issuer in text
    assert 'store_dir: "/var/lib/nats"' in text
    assert "log_file" not in text


def test_rabbitmq_is_managed_over_tls_where_the_domain_expects_it(tmp_path: Path) -> None:
    folder = domain(tmp_path / "b", RABBITMQ)
    write_broker_files(folder, tmp_path / "out", PLACE)
    lines = (tmp_path / "out" / "rabbitmq.conf").read_text().splitlines()
    assert {"management.ssl.ip = 127.0.0.1", "management.ssl.port = 15672"} <= set(lines)
    assert {"listeners.ssl.1 = 127.0.0.1:5671", "listeners.tcp = none", "log.console = true"} <= set(lines)
    certificate = x509.load_pem_x509_certificate((tmp_path / "out" / "certificate.pem").read_bytes())
    hosts = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert {"rabbit.b.example", "admin.b.example"} <= set(hosts.get_values_for_type(x509.DNSName))


def test_writing_again_changes_nothing_but_its_own_files(tmp_path: Path) -> None:
    folder, output = domain(tmp_path / "a", NATS), tmp_path / "out"
    write_broker_files(folder, output, PLACE)
    (output / "store" / "jetstream").mkdir()
    before = (output / "nats.conf").read_bytes()
    write_broker_files(folder, output, PLACE)
    assert (output / "nats.conf").read_bytes() == before
    assert (output / "store" / "jetstream").is_dir()


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    folder, output = domain(tmp_path / "a", NATS), tmp_path / "out"
    output.mkdir()
    (output / "letter.txt").write_text("dear")
    with pytest.raises(BadSettings, match=r"letter\.txt"):
        write_broker_files(folder, output, PLACE)
    assert [path.name for path in output.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(
    ("wish", "place", "said"),
    [
        (NATS, replace(PLACE, at=Path("etc")), "not absolute"),
        (NATS, replace(PLACE, listen="everywhere"), "no address"),
        (RABBITMQ, replace(PLACE, store=Path("/store")), "RABBITMQ_MNESIA_BASE"),
        (RABBITMQ, replace(PLACE, at=Path("/my files")), "without spaces"),
        (Wish("c.example", BrokerKind.NATS), PLACE, "overlay up"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_written(
    tmp_path: Path, wish: Wish, place: Place, said: str
) -> None:
    folder = domain(tmp_path / "home", wish)
    with pytest.raises(BadInput, match=said):
        write_broker_files(folder, tmp_path / "out", place)
    assert [path.name for path in tmp_path.iterdir()] == ["home"]


def test_the_command_says_what_is_wrong_in_one_line(tmp_path: Path) -> None:
    domain(tmp_path / "a", NATS)
    (tmp_path / "file").write_text("")
    program = [sys.executable, "-m", "overlay.cli.main", "broker", "config", str(tmp_path / "file")]
    ended = subprocess.run(
        [*program, "--home", str(tmp_path / "a")], capture_output=True, check=False, text=True
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == f"overlay: {tmp_path / 'file'} is there already, and is no folder: name another\n"
