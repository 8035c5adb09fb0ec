"""docs/deployment.md says nothing that the program does not understand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.deployment.compose_file import ROOT, compose, parse

PAGE = (ROOT / "docs" / "deployment.md").read_text()
LINES = [line.removeprefix("$ ") for line in PAGE.splitlines() if line.startswith("$ ")]


def test_every_command_of_the_page_is_one_of_the_program() -> None:
    for line in LINES:
        program, *words = shlex.split(line)
        if program == "docker":
            assert words[:2] in (["compose", "up"], ["compose", "run"])
            if words[1] == "up":
                continue
            assert words[3] in compose()["services"], line
            program, *words = words[4:]
        assert program == "overlay", line
        assert parse(words).startswith("overlay "), line


def test_setting_up_a_domain_on_an_existing_broker_works_as_the_page_says(tmp_path: Path) -> None:
    blocks = re.findall(r"<!-- run -->\n```console\n(.*?)```", PAGE, re.DOTALL)
    assert len(blocks) == 2
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    shells = [
        subprocess.Popen(["sh", "-ec", block.replace("$ ", "")], cwd=tmp_path, env={"PATH": path})
        for block in blocks
    ]
    assert [shell.wait() for shell in shells] == [0, 0]
    made = {path.name for path in tmp_path.iterdir()}
    parts = {
        f"{side}-{part}" for side in "ab" for part in ("ca", "registry", "gateway", "sessions", "operator")
    }
    assert made == {"a", "b", "nats-a", "rabbit-b", "a-admission", *parts}
