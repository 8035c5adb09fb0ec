"""compose.yaml and Containerfile: what they promise, as far as it is seen without a container engine."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.deployment.compose_file import ROOT, command_lines, compose, mounts, parse

FILE = compose()
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
JOBS = {"init-a", "init-b", "token-a", "token-b", "peering", "operator-a", "operator-b"}
BROKERS = {"broker-a", "broker-b"}
CONTAINERFILE = (ROOT / "Containerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_a_container_has_no_rights_that_it_does_not_need(name: str) -> None:
    service = SERVICES[name]
    assert service["user"] == "10001:10001"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "devices", "pid", "ipc"} & service.keys()


def test_every_command_is_one_of_the_program() -> None:
    found = {name: [parse(line) for line in command_lines(service)] for name, service in SERVICES.items()}
    for name, parts in (("init-a", 6), ("init-b", 5)):
        assert found[name] == ["overlay init", "overlay broker config", *["overlay part"] * parts]
    assert found["peering"] == ["overlay peer export", "overlay peer add", "overlay peer add"]
    for side in ("a", "b"):
        assert found[f"token-{side}"] == ["overlay ca token"]
        assert found[f"sessions-{side}"] == ["overlay serve", "overlay health"]
    assert found["gateway-a"] == ["overlay serve", "overlay health"]
    assert [name for name, lines in found.items() if not lines] == sorted(BROKERS)


def test_whatever_goes_on_serving_is_watched_and_started_again() -> None:
    for name in SERVICES.keys() - JOBS:
        assert SERVICES[name]["restart"] == "unless-stopped", name
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD", name
    for name in SERVICES.keys() - JOBS - BROKERS:
        kind = name.split("-")[0]
        checked = SERVICES[name]["healthcheck"]["test"]
        assert checked == ["CMD", "overlay", "health", kind, "--home", f"/{kind}/home"]


def test_only_the_brokers_tls_ports_are_published() -> None:
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"broker-a": ["4222:4222"], "broker-b": ["5671:5671"]}


def test_a_service_mounts_its_own_part_only() -> None:
    readers: dict[str, set[str]] = {}
    for name, service in SERVICES.items():
        for volume, _ in mounts(service).values():
            readers.setdefault(volume, set()).add(name)
    for side in ("a", "b"):
        assert readers[f"{side}-domain"] == {f"init-{side}"}
        for part in ("ca", "registry", "gateway"):
            assert readers[f"{side}-{part}"] == {f"init-{side}", f"{part}-{side}"}
        assert readers[f"{side}-sessions"] == {f"init-{side}", f"token-{side}", f"sessions-{side}"}
        assert mounts(SERVICES[f"sessions-{side}"]) == {"/sessions": (f"{side}-sessions", True)}
        assert readers[f"{side}-broker"] == {f"init-{side}", f"broker-{side}"}
        assert mounts(SERVICES[f"gateway-{side}"])["/gateway/home/links"] == (f"{side}-links", False)
        assert mounts(SERVICES[f"broker-{side}"])["/broker"] == (f"{side}-broker", False)
    assert readers["a-admission"] == {"init-a", "admission-a"}
    assert mounts(SERVICES["broker-b"])["/broker/home/revoked"] == ("b-revoked", False)


def test_the_session_service_starts_when_an_operators_token_lets_it_join() -> None:
    for side in ("a", "b"):
        token = SERVICES[f"token-{side}"]
        assert set(token["depends_on"]) == {f"ca-{side}", f"registry-{side}"}
        lines = token["command"][-1].splitlines()
        assert lines.index("umask 077") < lines.index("overlay ca token sessions --home /operator/home")
        service = SERVICES[f"sessions-{side}"]["depends_on"]
        assert {name: how["condition"] for name, how in service.items()} == {
            f"ca-{side}": "service_healthy",
            f"registry-{side}": "service_healthy",
            f"token-{side}": "service_completed_successfully",
        }


def test_every_volume_begins_as_a_folder_that_its_user_may_write() -> None:
    made = re.search(r"RUN install -d -o 10001 -g 10001 -m 0700 \\\n(.*)", CONTAINERFILE)
    assert made is not None
    first = {**mounts(SERVICES["init-a"]), **mounts(SERVICES["init-b"])}
    assert set(made[1].split()) == set(first)
    volumes = {volume for name in ("init-a", "init-b") for volume, _ in mounts(SERVICES[name]).values()}
    assert volumes == set(FILE["volumes"])


def test_images_are_pinned_and_packages_come_with_their_hashes() -> None:
    images = {service["image"] for service in SERVICES.values()} | set(
        re.findall(r"FROM (\S+)", CONTAINERFILE)
    )
    assert [image for image in images if not re.search(r":\d+\.\d+\.\d+", image)] == []
    installs = re.findall(r"pip install (.*?)(?: \\)?\n", CONTAINERFILE)
    assert [line for line in installs if "--require-hashes" not in line and "--no-deps" not in line] == []
    assert CONTAINERFILE.rindex("USER 10001:10001") > CONTAINERFILE.rindex("RUN ")


def test_neither_repository_nor_image_holds_a_key_or_a_password() -> None:
    files = [ROOT / "compose.yaml", ROOT / "Containerfile", *(ROOT / "broker-config").rglob("*")]
    for file in files:
        text = file.read_text() if file.is_file() else ""
        assert not re.search(r"PRIVATE KEY|password\s*[:=]\s*\S|PASS(WORD)?\s*[:=]", text), file
    let_in = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert let_in[0] == "*"
    assert {"!overlay", "!bridges"} <= set(let_in)
