"""The tutorial holds: its programs are saved and its lines typed, in order, in one terminal."""

from __future__ import annotations

import asyncio
import os
import re
import signal
from pathlib import Path

import pytest

from tests.live_domain import PROGRAM

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text()
LIMIT_S = 90.0
"""For each line that is typed, and what it prints."""
BLOCK = re.compile(r"^```(python|console) ?(\S*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
ANYTHING = "…"


class Terminal:
    """A shell in a folder, where the virtual environment is active."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._seen: list[str] = []

    @classmethod
    async def open(cls, folder: Path) -> Terminal:
        path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
        process = await asyncio.create_subprocess_exec(
            "bash",
            cwd=folder,
            env=os.environ | {"PATH": path, "OVERLAY_SESSION_SERVICE": "true"},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            start_new_session=True,
        )
        return cls(process)

    async def type(self, line: str, expected: list[str]) -> None:
        """Returns when it is done, and these lines were printed, perhaps among others: what runs beside it is
        not held to an order.
        """
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        self._seen = []
        stdin.write(f"{line}\necho the line is done\n".encode())
        wanted, done = [*expected], False
        try:
            async with asyncio.timeout(LIMIT_S):
                while wanted or not done:
                    said = (await stdout.readline()).decode()
                    assert said, f"the shell ended: {self._seen}"
                    self._seen.append(said.rstrip())
                    done = done or "the line is done" in said
                    at = next((at for at, line in enumerate(wanted) if fits(line, said.rstrip())), None)
                    if at is not None:
                        del wanted[at]
        except TimeoutError as error:
            printed = "\n".join(self._seen)
            raise AssertionError(f"$ {line}\nlacks {wanted}, and printed:\n{printed}") from error

    async def close(self) -> None:
        """With all that was started in it."""
        os.killpg(self._process.pid, signal.SIGKILL)
        await self._process.communicate()


def fits(expected: str, said: str) -> bool:
    """Whether a line is as the tutorial shows it, in which `…` stands for anything."""
    pattern = ".*".join(re.escape(part) for part in expected.split(ANYTHING))
    return re.fullmatch(pattern, said) is not None


def typed(console: str) -> list[tuple[str, list[str]]]:
    """Each line after a prompt, and what it prints."""
    lines: list[tuple[str, list[str]]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            lines.append((line.removeprefix("$ "), []))
        else:
            lines[-1][1].append(line)
    return lines


@pytest.mark.timeout(600)
async def test_it_works_word_for_word(tmp_path: Path) -> None:  # AG-1 … AG-6, AG-10
    terminal = await Terminal.open(tmp_path)
    try:
        for kind, name, text in BLOCK.findall(TUTORIAL):
            if kind == "python":
                (tmp_path / name).write_text(text)
                continue
            for line, expected in typed(text):
                await terminal.type(line, expected)
    finally:
        await terminal.close()
        for home in ("a", "b"):
            process = await asyncio.create_subprocess_exec(
                str(PROGRAM), "down", "--home", str(tmp_path / home), stderr=asyncio.subprocess.DEVNULL
            )
            await process.wait()
