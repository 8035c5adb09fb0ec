"""The README holds: its agent runs, and its two terminals are typed word for word."""

from __future__ import annotations

import ast
import asyncio
import os
import re
import shlex
import signal
import sys
from pathlib import Path

import pytest

from overlay import Agent
from overlay.ca.protocol import MakeToken
from overlay.domain.operator import operator
from overlay.errors import OverlayError
from tests.live_domain import LIMIT_S, PROGRAM, Done, LiveDomain, done, eventually, fresh

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
EXAMPLE = (ROOT / "examples" / "echo.py").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def plain(source: str) -> list[str]:
    """Statement by statement, without types, docstrings, imports of them, and the guard of a main program."""
    found = []
    for node in ast.parse(source).body:
        for part in ast.walk(node):
            if isinstance(part, ast.AsyncFunctionDef):
                part.returns = None
                part.body = [one for one in part.body if not _is_text(one)]
            elif isinstance(part, ast.arg):
                part.annotation = None
        inner = node.body if isinstance(node, ast.If) else [node]
        found += [one for one in inner if not isinstance(one, ast.ImportFrom) and not _is_text(one)]
    return [ast.unparse(one) for one in found]


def _is_text(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def test_it_fits_one_screen() -> None:
    assert len(README.splitlines()) <= 60


def test_its_agent_is_the_example_without_types() -> None:
    (shown,) = blocks("python")
    assert plain(shown) == plain(EXAMPLE)


@pytest.mark.parametrize("source", [*blocks("python"), EXAMPLE], ids=["readme", "example"])
async def test_its_agent_joins_with_a_token_and_answers(
    live: LiveDomain, tmp_path: Path, source: str
) -> None:
    name = fresh("readme")
    async with operator(live.folder) as hand:
        token = await hand.ca.token(MakeToken(name, ("text.echo",)))
    (tmp_path / "echo.py").write_text(source)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "echo.py",
        cwd=tmp_path,
        env=os.environ | {"OVERLAY_JOIN_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with await live.agent() as asker:
            await eventually(lambda: _says_hello(asker, f"{name}@live.example"))
    finally:
        process.send_signal(signal.SIGTERM)
        ended = await done(process)
    assert ended == Done(128 + signal.SIGTERM, f"{name}@live.example serves text.echo\n", "")


async def _says_hello(asker: Agent, to: str) -> bool:
    try:
        return (await asker.ask(to, "hello", skill="text.echo")).text == "you said: hello"
    except OverlayError:
        return False


@pytest.mark.timeout(300)
async def test_its_two_terminals_work_word_for_word(tmp_path: Path) -> None:
    first, second = ([line.removeprefix("$ ") for line in block.splitlines()] for block in blocks("console"))
    listen = first.pop()
    find, *rest = second
    (begin,) = re.findall(r"^ +(OVERLAY_JOIN_TOKEN=.*)", README, re.MULTILINE)
    (sentence,) = re.findall(r'`(overlay discover ".*?)`', README)
    (tmp_path / "agent.py").write_text(*blocks("python"))
    try:
        for line in first:
            assert (await typed(line, tmp_path)).code == 0
        listener = await terminal(f"exec {listen}", tmp_path)
        assert listener.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            assert b"listens" in await listener.stdout.readline()

        async def found() -> bool:  # people type more slowly than domains tell each other
            return (await typed(find, tmp_path)).code == 0

        async def understood() -> bool:  # the index learns of it a moment later
            return "echo@b.example" in (await typed(sentence, tmp_path)).out

        await eventually(found)
        await eventually(understood)
        *asking, down = rest
        ends = [await typed(line, tmp_path) for line in asking]
        program = await terminal(begin.replace(" python ", " exec python "), tmp_path)
        assert program.stdout is not None
        async with asyncio.timeout(LIMIT_S):
            assert await program.stdout.readline() == b"my-echo@b.example serves text.echo\n"
        program.send_signal(signal.SIGINT)
        assert await done(program) == Done(130, "", "")
        ends.append(await typed(down, tmp_path))
        listener.send_signal(signal.SIGINT)
        heard = await done(listener)
    finally:
        for home in ("a", "b"):
            await typed(f"test ! -d {home} || overlay down --home {home}", tmp_path)
    assert [(end.code, end.err) for end in ends] == [(0, "")] * 3
    assert [end.out for end in ends[:2]] == ["hello\n", "hello\n"]
    assert heard.out == "operator-desk@a.example text.echo: hello\n" * 2


async def typed(line: str, folder: Path) -> Done:
    return await done(await terminal(line, folder))


async def terminal(line: str, folder: Path) -> asyncio.subprocess.Process:
    """A line as in a terminal where the virtual environment is active."""
    return await asyncio.create_subprocess_shell(
        f"export PATH={shlex.quote(str(PROGRAM.parent))}:$PATH; {line}",
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
