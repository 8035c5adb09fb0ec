"""docs/agent-descriptions.md shows what is so."""

from __future__ import annotations

import ast
import re
import shlex

from overlay.description.forms import Form, read_any
from overlay.settings import Settings
from tests.deployment.compose_file import ROOT, parse

PAGE = (ROOT / "docs" / "agent-descriptions.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)


def test_its_descriptions_are_read() -> None:
    written = [read_any(text, "it", Settings()) for text in (*blocks("json"), *blocks("text"))]
    assert [one.form for one in written] == [Form.JSON_LD, Form.A2A, Form.TEXT]
    document, card, text = (one.description for one in written)
    assert document.left == text.left == ()
    assert document.profile.interfaces[0].security == ("credential:medical-qualification",)
    assert card.profile.interfaces[0].security == ("other:http bearer",)
    assert text.profile.security == ("own-domain|from:travel.example",)


def test_its_commands_and_its_program_are_understood() -> None:
    lines = [line.removeprefix("$ overlay ") for line in PAGE.splitlines() if line.startswith("$ ")]
    assert len(lines) == 7
    for line in lines:
        assert parse(shlex.split(line)).startswith("overlay "), line
    (program,) = blocks("python")
    assert ast.parse(program)
