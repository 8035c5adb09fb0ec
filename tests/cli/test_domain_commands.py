"""init, up, down, status and their like, as a stranger types them; and what goes wrong for him."""

from __future__ import annotations

import asyncio
import json
import signal
import socket
from pathlib import Path

import pytest

from overlay.domain.create import Wish, create_domain
from overlay.transport.address import BrokerKind
from tests.cli.test_program import complaint
from tests.live_domain import LiveDomain, done, fresh, names_in, overlay, start


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A domain that was not brought up, in a folder with a space."""
    path = tmp_path / "my domain"
    create_domain(path, Wish("made.example", BrokerKind.NATS))
    return path


async def test_a_domain_is_made_brought_up_in_the_foreground_and_stopped_by_a_signal(tmp_path: Path) -> None:
    made = await overlay("init", "a b", "--domain", "a.example", "--json", cwd=tmp_path)
    assert (made.code, json.loads(made.out)["domain"]) == (0, "a.example")
    process = await start("up", "--foreground", cwd=tmp_path / "a b")
    assert process.stdout is not None
    async with asyncio.timeout(60):
        said = await process.stdout.readline()
    assert b"a.example is up" in said, await done(process)
    again = await overlay("up", "--foreground", cwd=tmp_path / "a b")
    assert "is up already" in complaint(again)
    process.send_signal(signal.SIGINT)
    end = await done(process)
    assert (end.code, end.err) == (130, "")
    down = await overlay("status", "--json", cwd=tmp_path / "a b")
    assert down.code == 1
    assert {part["name"]: part["well"] for part in json.loads(down.out)["parts"]} == dict.fromkeys(
        ("broker", "ca", "admission", "registry", "gateway"), False
    )


async def test_the_status_of_a_domain_that_is_up_is_for_people_and_for_scripts(live: LiveDomain) -> None:
    text, data = await asyncio.gather(
        overlay("status", "--home", live.home), overlay("status", "--home", live.home, "--json")
    )
    assert (text.code, data.code) == (0, 0)
    assert "live.example" in text.out
    found = json.loads(data.out)
    assert (found["well"], found["domain"], found["peers"]) == (True, "live.example", [])
    up = await overlay("up", "--home", live.home)
    assert (up.code, "was so before" in up.out) == (0, True)


async def test_what_needs_a_domain_that_is_down_says_how_to_bring_it_up(made: Path) -> None:
    home = ("--home", str(made))
    ends = await asyncio.gather(
        overlay("ca", "list", *home),
        overlay("discover", "text.echo", *home),
        overlay("agent", "ask", "text.echo", "hello", *home),
    )
    for end in ends:
        assert end.code == 1
        assert complaint(end).count("localhost") == 1
        assert "overlay up --home" in end.err
    down = await overlay("down", *home)
    assert (down.code, down.out) == (0, "made.example is down, and was so before.\n")


async def test_a_domain_that_cannot_come_up_says_why_and_leaves_nothing_running(made: Path) -> None:
    home = ("--home", str(made))
    missing = await overlay("up", *home, OVERLAY_NATS_SERVER="/nowhere/nats-server")
    assert (missing.code, "/nowhere/nats-server" in complaint(missing)) == (1, True)
    port = json.loads((await overlay("status", *home, "--json")).out)["url"].rpartition(":")[2]
    with socket.create_server(("127.0.0.1", int(port))):
        taken = await overlay("up", *home)
    assert (taken.code, "is taken" in complaint(taken)) == (1, True)
    key = made / "services" / "ca" / "key.pem"
    key.chmod(0o644)
    exposed = await overlay("up", *home)
    assert (exposed.code, "chmod 600" in complaint(exposed)) == (1, True)
    assert list((made / "run").glob("*.pid")) == []
    assert not (made / "broker" / "pid").exists()


async def test_damaged_files_are_named(made: Path) -> None:
    home = ("--home", str(made))
    (made / "services" / "operator" / "certificate.pem").write_text("damaged")
    certificate = await overlay("ca", "list", *home)
    (made / "overlay.toml").write_text("no_such_setting = 1")
    settings = await overlay("up", *home)
    (made / "domain.toml").write_text("domain = ")
    config = await overlay("up", *home)
    assert "services/operator" in complaint(certificate)
    assert "no_such_setting" in complaint(settings)
    assert "domain.toml" in complaint(config)
    assert 0 not in (certificate.code, settings.code, config.code)


async def test_a_token_made_by_the_operator_is_good_once(live: LiveDomain, tmp_path: Path) -> None:
    name, home = fresh("joiner"), ("--home", live.home)
    made = await overlay("ca", "token", name, "--skill", "text.join", *home)
    token = made.out.strip()
    assert (made.code, made.err) == (0, "")
    nobody = fresh("nobody.here")
    ask = ("agent", "ask", nobody, "x", "--agent-home")
    first = await overlay(*ask, "one", cwd=tmp_path, OVERLAY_JOIN_TOKEN=token)
    assert "nobody who is online" in complaint(first)
    second = await overlay(*ask, "two", cwd=tmp_path, OVERLAY_JOIN_TOKEN=token)
    assert "token" in complaint(second)
    assert names_in(tmp_path) == ["one"]
    status = await overlay("ca", "status", name, "--json", *home)
    assert json.loads(status.out)["skills"] == ["text.join"]
    revoked = await overlay("ca", "revoke", name, "--json", *home)
    assert [item["state"] for item in json.loads(revoked.out)["revoked"]] == ["revoked"]


async def test_the_benchmark_keeps_its_contract() -> None:
    end = await overlay("bench", "ask", "--json", "--seconds", "0.5")
    assert end.code == 0, end.err
    found = json.loads(end.out)
    assert found["scenario"] == "ask"
    assert set(found["latency_us"]) == {"p50", "p99", "p999"}
    assert found["rate_per_s"] > 0
    assert found["baseline_per_s"] > 0
    assert found["ratio"] > 0
    assert found["sent"] == found["received"] + found["errors"] + found["lost"]
    assert {"parameters", "duplicates", "misordered"} <= set(found)
