"""The program itself: fast, and one clear line when something is wrong."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path

import pytest

from tests.live_domain import Done, done, names_in, overlay

_HEAVY = ("nats", "aiormq", "cryptography", "pydantic", "uvloop.no")


async def python(code: str, *words: str) -> Done:
    """Run some Python that calls the program."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    return await done(process)


def complaint(found: Done) -> str:
    """The one line that it said."""
    assert found.err.startswith("overlay: ")
    assert found.err.count("\n") == 1
    assert found.out == ""
    return found.err


async def test_the_index_imports_no_driver_and_no_cryptography() -> None:
    code = (
        "import atexit, sys; from overlay.cli.main import main\n"
        f"atexit.register(lambda: print('heavy:', [name for name in {_HEAVY!r} if name in sys.modules]))\n"
        "main()"
    )
    found = await python(code, "--help")
    assert (found.code, found.err) == (0, "")
    assert "status" in found.out
    assert found.out.endswith("heavy: []\n")


async def test_wrong_usage_is_one_line_and_makes_nothing(tmp_path: Path) -> None:
    (token := tmp_path / "token").write_text("AAAAAAAA\n")
    wrong = {
        "No such command": ["nonsense"],
        "Missing option '--domain'": ["init", "x"],
        "is not a domain": ["init", "x", "--domain", "A B"],
        "nats and rabbitmq": ["init", "x", "--domain", "a.example", "--broker", "kafka"],
        "is not a domain folder": ["status", "--home", "nowhere"],
        "is not a skill": ["agent", "listen", "x", "--skill", "A B"],
        "is not there": ["ca", "policy", "--file", "nowhere.toml"],
        "is not a topic": ["agent", "listen", "x", "--topic", "a..b"],
        "join token is incomplete": [
            "agent",
            "ask",
            "a.b",
            "x",
            "--agent-home",
            "h",
            "--token-file",
            str(token),
        ],
    }
    ends = await asyncio.gather(*(overlay(*words, cwd=tmp_path) for words in wrong.values()))
    for said, end in zip(wrong, ends, strict=True):
        assert said in complaint(end)
        assert end.code == 2
    assert names_in(tmp_path) == ["token"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_while_it_imports_ends_it_quietly(number: signal.Signals) -> None:
    code = (
        "import os, overlay.cli.main as program\n"
        f"program.import_module = lambda name: os.kill(os.getpid(), {int(number)})\n"
        "program.main()"
    )
    assert await python(code) == Done(128 + number, "", "")


async def test_a_signal_while_a_domain_is_made_leaves_nothing(tmp_path: Path) -> None:
    code = (
        "import os, overlay.domain.create as create\n"
        f"create.CaStore = lambda *_: os.kill(os.getpid(), {int(signal.SIGTERM)})\n"
        "from overlay.cli.main import main; main()"
    )
    found = await python(code, "init", str(tmp_path / "a"), "--domain", "a.example")
    assert found == Done(128 + signal.SIGTERM, "", "")
    assert names_in(tmp_path) == []
