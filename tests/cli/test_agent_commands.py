"""listen, ask, send and discover, as processes of their own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shlex
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from overlay.domain.residents import resident
from overlay.errors import OverlayError
from tests.cli.test_program import complaint
from tests.live_domain import LIMIT_S, PROGRAM, Done, LiveDomain, done, eventually, fresh, overlay, start


@asynccontextmanager
async def listening(
    live: LiveDomain, *words: str, drain_s: float = 5.0
) -> AsyncIterator[asyncio.StreamReader]:
    """An agent from the command line, and what it prints; Ctrl-C ends it."""
    process = await start(
        "agent", "listen", *words, "--home", live.home, OVERLAY_DRAIN_TIMEOUT_S=str(drain_s)
    )
    assert process.stdout is not None
    try:
        async with asyncio.timeout(LIMIT_S):
            assert b"listens" in await process.stdout.readline()
        yield process.stdout
    finally:
        process.send_signal(signal.SIGINT)
        end = await done(process)
    assert (end.code, end.err) == (130, "")


async def test_one_listens_and_others_ask_find_and_send(live: LiveDomain) -> None:
    name, skill, home = fresh("echo"), fresh("cli.echo"), ("--home", live.home)
    async with listening(live, name, "--skill", skill) as heard:
        token = "of another domain"  # left in the shell's environment: it is for agents' own folders
        by_skill = await overlay("agent", "ask", skill, "hello", *home, OVERLAY_JOIN_TOKEN=token)
        assert (by_skill.code, by_skill.out, by_skill.err) == (0, "hello\n", "")
        to = f"{name}@live.example"
        by_name = await overlay("agent", "ask", to, "again", "--skill", skill, "--json", *home)
        assert json.loads(by_name.out)["body"] == "again"
        found = await overlay("discover", skill.split(".")[0], "--json", *home)
        assert to in [agent["agent"] for agent in json.loads(found.out)["agents"]]
        sent = await overlay("agent", "send", skill, "\x1b[31mkeep", "--reliable", *home)
        assert (sent.code, sent.out) == (0, "handled\n")
        async with asyncio.timeout(LIMIT_S):
            lines = [(await heard.readline()).decode() for _ in range(3)]
    assert lines == [
        f"operator-desk@live.example {skill}: {said}\n" for said in ("hello", "again", "?[31mkeep")
    ]


async def test_a_command_answers_for_an_agent_and_its_failure_is_told(live: LiveDomain) -> None:
    skill, home = fresh("cli.exec"), ("--home", live.home)
    command = 'read word; test "$word" = good && echo "$OVERLAY_SENDER said $word"'
    async with listening(live, fresh("shell"), "--skill", skill, "--exec", command):
        good = await overlay("agent", "ask", skill, "good", "--as", "somebody", *home)
        assert good.out == "somebody@live.example said good\n"
        bad = await overlay("agent", "ask", skill, "bad", *home)
        assert (bad.code, "exit code 1" in complaint(bad)) == (1, True)


async def test_a_listener_ends_quietly_when_nobody_reads_it(live: LiveDomain) -> None:
    name, skill = fresh("unread"), fresh("cli.unread")
    words = (str(PROGRAM), "agent", "listen", name, "--skill", skill, "--home", live.home)
    listener = await asyncio.create_subprocess_exec(
        *("bash", "-c", f"set -o pipefail; {shlex.join(words)} | head -1"),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    async with await live.agent() as sender:

        async def ended() -> bool:
            with contextlib.suppress(OverlayError):  # it is not there yet, or no more
                await sender.send(f"{name}@live.example", "x", skill=skill)
            return listener.returncode is not None

        await eventually(ended)
    assert await done(listener) == Done(0, f"{name}@live.example listens; Ctrl-C ends it.\n", "")


async def test_whom_nobody_knows_is_one_line(live: LiveDomain) -> None:
    home = ("--home", live.home, "--as", fresh("asker"))
    skill = await overlay("agent", "ask", "no.such-skill", "x", *home)
    name = await overlay("agent", "ask", "no-such@live.example", "x", *home)
    domain = await overlay("agent", "ask", "a@no-such.example", "x", *home)
    for end, said in ((skill, "nobody who is online"), (name, "not registered"), (domain, "no peer")):
        assert (end.code, said in complaint(end)) == (1, True)


async def test_an_interrupted_question_ends_quietly(live: LiveDomain) -> None:
    skill = fresh("cli.slow")
    slow = ("--skill", skill, "--exec", "sleep 300")
    async with listening(live, fresh("slow"), *slow, drain_s=0.2) as heard:
        asker = await start("agent", "ask", skill, "x", "--timeout", "300", "--home", live.home)
        async with asyncio.timeout(LIMIT_S):
            await heard.readline()  # it is being asked
        asker.send_signal(signal.SIGINT)
        end = await done(asker)
        assert (end.code, end.out, end.err) == (130, "", "")


async def test_an_agent_is_shown_and_renewed(live: LiveDomain) -> None:  # CA-5
    name = fresh("renewed")
    agent = await resident(live.folder, name, ())
    renewed = await overlay("agent", "renew", "--as", name, "--home", live.home, "--json")
    assert (renewed.code, renewed.err) == (0, "")
    told = json.loads(renewed.out)
    assert (told["agent"], told["renewal_due"]) == (f"{name}@live.example", False)
    shown = await overlay("agent", "show", "--agent-home", str(agent))
    assert f"agent          {name}@live.example\nserial         {told['serial']}\n" in shown.out
