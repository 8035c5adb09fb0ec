"""`overlay demo` as users run it, on real brokers. # AG-11"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.timeout(400)  # two domains, and 13 agents, come and go
LIMIT_S = 360


async def overlay(*arguments: str) -> tuple[int, str, str]:
    """Exit code, output, errors."""
    command = (sys.executable, "-m", "overlay.cli.main", *arguments)
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | {"OVERLAY_SESSION_SERVICE": "true"},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await process.communicate()
    except BaseException:
        process.terminate()  # it takes its brokers with it
        await process.communicate()
        raise
    return process.returncode or 0, out.decode(), err.decode()


async def test_thirteen_agents_of_two_domains_work_at_once_and_no_message_is_lost() -> None:
    code, out, err = await overlay("demo", "--limit", "3")
    lines = out.splitlines()
    assert code == 0, err + out
    assert re.fullmatch(r"demo: 13 agents, 2 domains, [1-9]\d* messages, 0 lost", lines[-1])
    assert sum(line.startswith("demo:") for line in lines) == 1
    assert "simulated" in lines[0]


async def test_a_file_without_complaints_is_wrong_usage_said_in_one_line(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("name,age\nAda,36\n")
    code, out, err = await overlay("demo", "--complaints", str(file))
    assert (code, out) == (2, "")
    assert len(err.splitlines()) == 1
    assert "its columns are: name, age" in err
