"""overlay caps, and docs/quality.md: what the page says is understood."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest

from overlay.errors import BadSettings
from overlay.quality.caps import explain_caps, parse_caps
from tests.deployment.compose_file import parse
from tests.live_domain import LiveDomain, overlay

PAGE = (Path(__file__).parents[2] / "docs" / "quality.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_the_caps_of_the_page_can_be_set_and_its_commands_are_those_of_the_program() -> None:
    policy = parse_caps(blocks("toml")[0], "docs/quality.md")
    assert policy.agents["alice@a.example"].weight == 4
    for block in blocks("console"):
        for line in block.splitlines():
            _, *words = shlex.split(line.removeprefix("$ "))
            assert parse(words).startswith("overlay caps"), line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[domain]\nmesages_per_s = 1", "did you mean messages_per_s"),
        ("[domain]\nmessages_per_s = -1", "messages_per_s is a number from 0 on"),
        ("[domain]\nburst_s = 0", "burst_s"),
        ("[agents.alice]\nmessages_per_s = 1", "alice"),
        (
            "[domain]\nmessages_per_s = 10\n[agent]\nmessages_per_s = 11",
            "agent is over what the whole domain",
        ),
        ("beyond = 'drop'", "it may be lower, refuse"),
    ],
)
def test_a_slip_in_the_caps_is_said(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse_caps(text, "caps.toml")


def test_rates_are_said_as_plain_numbers_with_units() -> None:
    said = explain_caps(parse_caps("[peer]\nmessages_per_s = 20000000\nbytes_per_s = 20000000", "caps.toml"))
    assert "20000000 messages/s, 20 MB/s," in said[0]


async def test_an_operator_sets_caps_and_asks_for_them(live: LiveDomain, tmp_path: Path) -> None:  # GW-22
    home, file = ("--home", live.home), tmp_path / "caps.toml"
    domain = live.name
    file.write_text('[agents."alice@a.example"]\nfinds_per_minute = 0\n')
    assert "0 discovery queries a minute" in (await overlay("caps", "set", str(file), *home)).out
    shown = json.loads((await overlay("caps", "show", "--json", *home)).out)
    assert shown["policy"]["agents"]["alice@a.example"]["finds_per_minute"] == 0
    assert shown["usual"]["finds_per_minute"] > 0
    refused = await overlay("caps", "explain", f"alice@{domain}", "--to", f"bob@{domain}", *home)
    assert refused.code == 2
    assert "crosses the border" in refused.err
    assert "nothing is capped" in (await overlay("caps", "clear", *home)).out
