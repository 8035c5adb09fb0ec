"""`overlay agent describe`, and agents that register from a description (REG-13)."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner

from overlay.agent.agent import Agent
from overlay.cli.agent import app
from overlay.description.description import Description
from overlay.description.writing import write_document
from overlay.domain.residents import resident
from overlay.endpoint.home import Home
from overlay.endpoint.message import Message
from overlay.errors import BadSettings, NotPermitted
from overlay.registry.record import Interface, Skill
from tests.description.profiles import CLINIC, MEDICAL
from tests.live_domain import LiveDomain, fresh, overlay
from tests.memory_domain import MemoryDomain


async def test_an_agent_registers_from_its_description_enforces_it_and_describes_itself(
    live: LiveDomain, tmp_path: Path
) -> None:
    diagnosis, echo = fresh("describe.diagnosis"), fresh("describe.echo")
    profile = msgspec.structs.replace(
        CLINIC,
        organisation="",
        skills=(Skill(diagnosis, "Diagnosis", "Finds what is wrong."), Skill(echo)),
        interfaces=(Interface("consulting", "natural-language", skills=(diagnosis,), security=(MEDICAL,)),),
    )
    file, out = tmp_path / "ad.json", tmp_path / "described.json"
    file.write_text(json.dumps(write_document(Description(profile))))
    home = await resident(live.folder, fresh("clinic"), (diagnosis, echo))
    server = Agent(home, profile=file)

    @server.serves(diagnosis)
    @server.serves(echo)
    async def answer(message: Message) -> bytes:
        return message.body

    async with server, await live.agent() as asker:
        assert (await asker.ask(str(server.id), b"hello", skill=echo)).body == b"hello"
        with pytest.raises(NotPermitted, match="medical-qualification"):
            await asker.ask(str(server.id), b"?", skill=diagnosis)
        made = await overlay("agent", "describe", server.id.name, "-o", str(out), "--home", live.home)
        assert (made.code, made.out, made.err) == (0, f"{out} is written.\n", "")
        words = ("agent", "describe", "--check", str(out), "--home", live.home, "--json")
        checked = await overlay(*words, server.id.name)
        other = await overlay(*words, "nobody")
        assert (other.code, "subject: this describes did:web:" in other.err) == (1, True)
        did = server.id.did
    told = json.loads(checked.out)
    assert (told["verified"], told["agent"], told["security"]) == (True, did, list(CLINIC.security))
    with pytest.raises(BadSettings, match="was made for"):
        async with Agent(home, profile=out):
            pass


def home_of(folder: Path) -> Path:
    party = MemoryDomain("a.example").party("clinic")
    Home(folder).save(party.credentials, party.domain_card)
    return folder


def test_a_description_is_signed_for_registering_and_checked_where_no_domain_is(tmp_path: Path) -> None:
    file, signed = tmp_path / "ad.json", tmp_path / "signed.json"
    file.write_text(json.dumps(write_document(Description(CLINIC))))
    words = ["describe", "--sign", str(file), "--agent-home", str(home_of(tmp_path / "clinic"))]
    done = CliRunner().invoke(app, [*words, "-o", str(signed)], catch_exceptions=False)
    assert done.exit_code == 0
    words = ["describe", "--check", str(signed), "--home", str(tmp_path), "--json"]
    told = json.loads(CliRunner().invoke(app, words, catch_exceptions=False).output)
    assert (told["agent"], told["verified"]) == ("did:web:a.example:agents:clinic", False)
    assert told["proof"] == "not checked: no domain is here (--home)"
    assert "nobody else may call" in told["lets_in"]


def test_a_malformed_description_is_refused_with_its_file_and_place(tmp_path: Path) -> None:
    file = tmp_path / "ad.json"
    file.write_text('{"type": "AgentDescription", "name": "Clinic"}')
    check = ["describe", "--check", str(file)]
    with pytest.raises(BadSettings, match=r"ad\.json: \$\.security: this is missing"):
        CliRunner().invoke(app, check, catch_exceptions=False)
    file.write_text("\n")
    with pytest.raises(BadSettings, match=r"ad\.json is empty"):
        CliRunner().invoke(app, check, catch_exceptions=False)
    file.write_bytes(b"\xff")
    with pytest.raises(BadSettings, match=r"ad\.json cannot be read: it is not text in UTF-8"):
        CliRunner().invoke(app, check, catch_exceptions=False)
    file.unlink()
    with pytest.raises(BadSettings, match=r"ad\.json cannot be read: No such file or directory$"):
        CliRunner().invoke(app, check, catch_exceptions=False)
