"""overlay policy, and docs/access.md: what the page says is understood."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from overlay import Agent
from overlay.agent.handlers import Handlers
from overlay.naming.ids import PartyId
from overlay.policy.access import AccessPolicy, decide
from overlay.policy.border import parse_border
from overlay.policy.caller import Caller
from overlay.policy.files import parse_access
from overlay.trust.attributes import Attributes
from tests.deployment.compose_file import parse
from tests.live_domain import LiveDomain, overlay

PAGE = (Path(__file__).parents[2] / "docs" / "access.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def may(policy: AccessPolicy, who: str, skill: str) -> bool:
    caller = Caller(PartyId.parse(who), "b.example", attributes=Attributes())
    return decide(policy, caller, skill).allowed


def test_the_policies_of_the_page_mean_what_it_says() -> None:
    access, border = blocks("toml")
    policy = parse_access(access, "docs/access.md")
    assert may(policy, "alice@a.example", "text.echo")
    assert not may(policy, "mallory@a.example", "weather.now")
    assert may(policy, "eve@d.example", "weather.now")
    assert not may(policy, "bob@b.example", "network.configure")
    assert policy.allow[1].credential is not None
    assert parse_border(border, "docs/access.md").deny


def test_the_agent_of_the_page_lets_in_whom_it_says() -> None:
    (program,) = blocks("python")
    scope: dict[str, object] = {}
    exec(compile(program, "docs/access.md", "exec"), scope)
    agent = scope["agent"]
    assert isinstance(agent, Agent)
    assert isinstance(agent._handlers, Handlers)
    policy = agent._callers.policy()
    assert may(policy, "eve@a.example", "text.echo")
    assert may(policy, "alice@c.example", "text.echo.loud")
    assert not may(policy, "alice@c.example", "text.erase")
    assert may(policy, "admin@b.example", "text.erase")
    assert not may(policy, "bob@b.example", "text.erase")


def test_the_commands_of_the_page_are_those_of_the_program() -> None:
    for block in blocks("console"):
        for line in block.splitlines():
            _, *words = shlex.split(line.removeprefix("$ "))
            assert parse(words).startswith("overlay "), line


async def test_an_operator_asks_why_and_sets_the_border(live: LiveDomain, tmp_path: Path) -> None:
    home, file = ("--home", live.home), tmp_path / "border.toml"
    async with await live.agent("alice") as alice:
        bob = await live.agent("bob", ("text.echo",))
        bob._callers.add("text.echo", ("b.example",), closed=True)
        async with bob:
            words = ("--from", str(alice.id), "--to", str(bob.id), "--json", *home)
            refused = await overlay("policy", "why", *words, "--skill", "text.echo")
            assert (refused.code, json.loads(refused.out)["stages"][-1]["stage"]) == (1, "receiver")
            assert (await overlay("policy", "why", *words, "--skill", "text.other")).code == 0
            shown = await overlay("policy", "show", bob.id.name, *home)
            assert "allowed: from b.example, for text.echo" in shown.out
    file.write_text('[[deny]]\nfrom = ["a.example"]\n')
    assert "denied: from a.example to anyone" in (await overlay("policy", "set", str(file), *home)).out
    checked = await overlay("policy", "check", str(file))
    assert (checked.code, checked.out.endswith(f"{file} is good. Nothing was changed.\n")) == (0, True)
    file.write_text('[[deny]]\nfrm = ["a.example"]\n')
    assert "did you mean from?" in (await overlay("policy", "check", str(file))).err
    assert json.loads((await overlay("policy", "clear", "--json", *home)).out)["deny"] == []


async def test_a_file_is_asked_without_a_domain(tmp_path: Path) -> None:
    (tmp_path / "access.toml").write_text('[[allow]]\nfrom = ["alice@a.example"]\nfor = ["text"]\n')
    words = ("policy", "why", "--from", "alice@a.example", "--to", "bob@b.example", "--file", "access.toml")
    allowed = await overlay(*words, "--skill", "text.echo", cwd=tmp_path)
    assert (allowed.code, allowed.out.splitlines()[-1]) == (
        0,
        "alice@a.example may use text.echo of bob@b.example",
    )
    assert (await overlay(*words, "--skill", "network", cwd=tmp_path)).code == 1
    (tmp_path / "access.toml").write_text(
        '[[allow]]\nfrom = ["a.example"]\ncredential = {type = "medical"}\n'
    )
    assert (await overlay(*words, cwd=tmp_path)).out.endswith("unless it shows a credential: medical\n")
    (tmp_path / "access.toml").write_text("alow = []")
    wrong = await overlay(*words, cwd=tmp_path)
    assert (wrong.code, "unknown field `alow`" in wrong.err) == (2, True)
