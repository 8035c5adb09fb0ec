"""docs/credentials.md holds: its commands are typed word for word, in its order (CA-9)."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.domain.residents import resident
from overlay.policy.files import parse_access
from tests.live_domain import LiveDomain, overlay

PAGE = (Path(__file__).parents[2] / "docs" / "credentials.md").read_text()


def blocks(language: str) -> str:
    return "".join(re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE))


def commands() -> list[list[str]]:
    return [shlex.split(line)[1:] for line in blocks("sh").splitlines()]


async def test_the_commands_of_the_page_work(live: LiveDomain, tmp_path: Path) -> None:
    async with Agent(await resident(live.folder, "surgeon", ())):
        pass  # now the registry has its key card
    said: dict[str, str] = {}
    made = ""
    for words in commands():
        typed = [made if word.startswith("urn:uuid:") else word for word in words]
        done = await overlay(*typed, cwd=tmp_path, OVERLAY_HOME=live.home)
        assert (done.code, done.err) == (0, ""), typed
        said[" ".join(words[:3])] = done.out
        made = (
            done.out.strip()
            if words[:2] == ["ca", "credential"] and "medical-qualification" in words
            else made
        )
    assert "did:web:live.example:agents:surgeon  (surgeon@live.example)" in said["did show surgeon"]
    assert said["ca credential revoke"] == "revoked: medical-qualification of surgeon\n"
    assert "field=surgery" in said["ca credential list"]
    assert "nurse" in said["ca issuer list"]
    document = json.loads((tmp_path / "site" / "agents" / "surgeon" / "did.json").read_text())
    assert document["id"] == "did:web:live.example:agents:surgeon"
    assert json.loads((tmp_path / "site" / ".well-known" / "did.json").read_text())["assertionMethod"]
    assert (tmp_path / "site" / "credentials" / "status").read_text().count(".") == 2


async def test_a_credential_of_the_page_gets_into_the_agents_entry(
    live: LiveDomain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = await resident(live.folder, "surgeon", ())
    (words,) = [words for words in commands() if "--output" in words and "audited" in words]
    monkeypatch.chdir(tmp_path)
    assert (await overlay(*words, cwd=tmp_path, OVERLAY_HOME=live.home)).code == 0
    scope: dict[str, object] = {}
    exec(compile(blocks("python").replace("surgeon-home", str(home)), "docs/credentials.md", "exec"), scope)
    agent = scope["agent"]
    assert isinstance(agent, Agent)
    async with agent:
        shown = await overlay("registry", "show", "surgeon", "--json", "--home", live.home)
    assert [one["type"] for one in json.loads(shown.out)["verified"]] == ["audited"]


def test_the_policy_of_the_page_is_one() -> None:
    policy = parse_access(blocks("toml"), "access.toml")
    assert policy.allow[0].credential is not None


async def test_an_agents_own_document_needs_no_domain(live: LiveDomain) -> None:
    home = await resident(live.folder, "surgeon", ())
    done = await overlay("did", "document", "--agent-home", str(home), "--json")
    assert json.loads(done.out)["id"] == "did:web:live.example:agents:surgeon"
