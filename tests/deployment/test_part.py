"""`overlay part`: what one service takes with it, and what not; `overlay health`: whether it serves."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from overlay.brokers.ports import free_port
from overlay.domain.config import load_config
from overlay.domain.create import Wish, create_domain
from overlay.domain.doctor import examine_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.health import beating, check_health
from overlay.domain.part import PARTS, make_part
from overlay.domain.supervisor import Supervisor
from overlay.errors import BadInput, BadSettings, Refused, Unavailable
from overlay.transport.address import BrokerKind
from tests.deployment.test_broker_files import NATS, RABBITMQ, domain

ALL_KEYS = {
    "ca/root.key",
    *(f"services/{name}/key.pem" for name in ("ca", "admission", "registry", "gw", "operator")),
}
KEYS = {
    "ca": {"ca/root.key", "services/ca/key.pem"},
    "admission": {"services/admission/key.pem"},
    "registry": {"services/registry/key.pem"},
    "gateway": {"services/gw/key.pem"},
    "sessions": set(),
    "operator": {"services/operator/key.pem", "services/gw/key.pem"},
}


def keys(folder: Path) -> set[str]:
    found = [path for path in folder.rglob("*") if path.suffix == ".key" or path.name == "key.pem"]
    return {path.relative_to(folder).as_posix() for path in found}


def test_a_part_holds_its_own_keys_and_nobody_elses(tmp_path: Path) -> None:
    folder = domain(tmp_path / "a", NATS)
    assert keys(folder.path) >= ALL_KEYS
    for part in PARTS:
        make_part(folder, part, tmp_path / part)
        assert keys(tmp_path / part) == KEYS[part], part
        files = [path for path in (tmp_path / part).rglob("*") if path.is_file()]
        assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}, part
        with_secrets = [path for path in files if path.name in {"secrets.json", "node.json"}]
        assert bool(with_secrets) == (part == "ca")
        assert (tmp_path / part / "broker" / "callout.json").exists() == (part == "admission")


def test_the_ca_of_a_domain_on_rabbitmq_takes_what_it_administers_the_broker_with(tmp_path: Path) -> None:
    make_part(domain(tmp_path / "b", RABBITMQ), "ca", tmp_path / "ca")
    assert keys(tmp_path / "ca") == {*KEYS["ca"], "services/provisioner/key.pem"}
    inside = {path.name for path in (tmp_path / "ca" / "broker").iterdir()}
    assert inside == {"node.json", "revoked", "server.pem"}


def test_a_domain_on_rabbitmq_has_no_admission_of_its_own(tmp_path: Path) -> None:
    folder = domain(tmp_path / "b", RABBITMQ)
    with pytest.raises(BadInput, match="rabbitmq lets parties in by itself"):
        make_part(folder, "admission", tmp_path / "admission")
    assert not (tmp_path / "admission").exists()


def test_the_session_service_takes_its_records_along(tmp_path: Path) -> None:
    folder = domain(tmp_path / "a", NATS)
    home = folder.agent("sessions")
    shutil.copytree(folder.service("gw"), home)
    with closing(sqlite3.connect(home / "records.db")) as records:
        records.execute("CREATE TABLE lines (number)")
        (home / "records.db").chmod(0o600)
        make_part(folder, "sessions", tmp_path / "sessions")
    assert keys(tmp_path / "sessions") == {"agents/sessions/key.pem"}
    with closing(sqlite3.connect(tmp_path / "sessions" / "agents" / "sessions" / "records.db")) as records:
        assert records.execute("SELECT count(*) FROM lines").fetchone() == (0,)


def test_links_made_so_far_go_along_with_the_gateway(tmp_path: Path) -> None:
    folder = domain(tmp_path / "a", NATS)
    folder.link("b.example").mkdir(mode=0o700)
    for name in ("link.key", "b.example/link.pem"):
        (folder.link_key.parent / name).touch(mode=0o600)
    make_part(folder, "gateway", tmp_path / "gateway")
    assert (tmp_path / "gateway" / "links" / "b.example" / "link.pem").is_file()
    assert (tmp_path / "gateway" / "links" / "link.key").is_file()


def test_a_part_never_starts_a_broker(tmp_path: Path) -> None:
    create_domain(tmp_path / "a", Wish("a.example", BrokerKind.NATS))
    make_part(DomainFolder.open(tmp_path / "a"), "registry", tmp_path / "registry")
    assert not load_config(tmp_path / "registry" / "domain.toml").managed
    with pytest.raises(BadSettings, match="runs where `overlay up` runs the broker"):
        make_part(DomainFolder.open(tmp_path / "a"), "ca", tmp_path / "ca")
    assert not (tmp_path / "ca").exists()


def test_nothing_is_half_made(tmp_path: Path) -> None:
    folder = domain(tmp_path / "a", NATS)
    with pytest.raises(
        BadInput, match="no part of a domain: ca, admission, registry, gateway, sessions, operator"
    ):
        make_part(folder, "broker", tmp_path / "broker")
    make_part(folder, "registry", tmp_path / "registry")
    with pytest.raises(BadSettings, match="is there already"):
        make_part(folder, "registry", tmp_path / "registry")
    (folder.service("gw") / "sealing.keys").unlink()
    with pytest.raises(BadSettings, match=r"sealing\.keys cannot be read"):
        make_part(folder, "gateway", tmp_path / "gateway")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "registry"]


async def test_a_part_is_no_whole_domain_and_the_doctor_knows(tmp_path: Path) -> None:
    make_part(domain(tmp_path / "a", NATS), "registry", tmp_path / "registry")
    folder = DomainFolder.open(tmp_path / "registry")
    wrong = [finding for finding in await examine_domain(folder) if not finding.well]
    assert [(finding.what, "does not serve" in finding.said) for finding in wrong] == [("registry", True)]
    with pytest.raises(Refused, match="one part of a domain, its registry"):
        Supervisor(folder)


def test_a_ca_whose_broker_is_not_there_yet_ends_with_one_line_to_be_started_again(tmp_path: Path) -> None:
    wish = replace(NATS, broker_url=f"tls://localhost:{free_port()}")
    make_part(domain(tmp_path / "a", wish), "ca", tmp_path / "ca")
    program = [sys.executable, "-m", "overlay.cli.main", "serve", "ca", "--home", str(tmp_path / "ca")]
    ended = subprocess.run(program, capture_output=True, check=False, text=True)
    assert ended.returncode == 1
    assert "Traceback" not in ended.stderr
    assert "is the broker running" in ended.stderr.splitlines()[-1]


async def test_a_part_is_well_from_when_it_serves_until_it_ends_or_hangs(tmp_path: Path) -> None:
    folder = domain(tmp_path / "a", NATS)
    folder.settings.write_text("health_beat_s = 0.01\nhealth_silence_s = 1000\n")
    said: list[str] = []
    async with beating(folder, "registry", lambda: said.append("ready")) as tell:
        with pytest.raises(Unavailable, match="does not serve"):
            check_health(folder, "registry")
        tell()
        check_health(folder, "registry")
        beat = folder.run / "registry.beat"
        os.utime(beat, (0, 0))
        async with asyncio.timeout(30):
            while beat.stat().st_mtime == 0:
                await asyncio.sleep(0.01)
        check_health(folder, "registry")
    with pytest.raises(Unavailable, match="does not serve"):
        check_health(folder, "registry")
    beat.touch()
    os.utime(beat, (0, 0))
    with pytest.raises(Unavailable, match="no sign of life"):
        check_health(folder, "registry")
    with pytest.raises(BadInput, match="no service of a domain on nats: ca, admission, registry, gateway"):
        check_health(folder, "broker")
    assert said == ["ready"]
