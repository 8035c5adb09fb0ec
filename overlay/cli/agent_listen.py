"""`overlay agent listen`: be an agent that prints what arrives, and answers questions."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from overlay.agent.described import read_file
from overlay.agent.handlers import Handle, Handlers
from overlay.cli.acting import acting
from overlay.cli.bodies import message_json
from overlay.cli.join_token import TokenFile
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json_line
from overlay.cli.running import run
from overlay.cli.whose import Own
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Failed
from overlay.policy.access import allowing
from overlay.registry.record import Profile
from overlay.registry.registration.consent import parse_consent
from overlay.settings import load_settings


def listen(
    name: Annotated[str, typer.Argument(help="Which agent of the domain to be; made when it is new.")] = "",
    skill: Annotated[list[str] | None, typer.Option(help="A skill to serve. Repeatable.")] = None,
    topic: Annotated[list[str] | None, typer.Option(help="A topic to subscribe to. Repeatable.")] = None,
    allow: Annotated[
        list[str] | None,
        typer.Option(help="Who may call besides its own domain: alice@b.example, b.example. Repeatable."),
    ] = None,
    consent: Annotated[
        list[str] | None,
        typer.Option(help="Who may see a part of its entry: location=domain, skills=b.example. Repeatable."),
    ] = None,
    description: Annotated[
        Path | None,
        typer.Option(help="What it says of itself: a document, agent card or text; its skills are served."),
    ] = None,
    command: Annotated[
        str, typer.Option("--exec", help="A shell command that answers: message in, answer out.")
    ] = "",
    home: Home = HERE,
    own: Own = None,
    token: TokenFile = None,
    json: Json = False,
) -> None:
    """Print what arrives, until Ctrl-C. Questions are answered by --exec, or with their own text."""
    said = read_file(description, load_settings()).description.profile if description else Profile()
    skills = tuple(dict.fromkeys((*(skill or ()), *(one.id for one in said.skills))))
    if description and consent:
        raise BadInput("write who may see what into the description (`consent`), or leave it out here")
    if not name and own is None:
        raise BadInput(
            "say which agent to be: `overlay agent listen NAME --skill SKILL`, or --agent-home FOLDER"
        )

    async def handle(message: Message) -> bytes:
        if json:
            show_json_line(message_json(message))
        else:
            text = printable(message.body.decode(errors="replace"))
            say(f"{message.sender} {message.topic or '-'}: {text}")
        return await _execute(command, message) if command else message.body

    topics = tuple(dict.fromkeys((*(topic or ()), *said.topics)))
    checked = _checked(handle, skills, topics, allow or ())
    profile = description or (Profile(consent=parse_consent(consent)) if consent else None)

    async def work() -> None:
        agent = await acting(home, name, own, token, skills, allow or (), profile)
        for one in checked.skills:
            agent.serves(one)(handle)
        for one in checked.topics:
            agent.subscribes(one)(handle)
        async with agent:
            if not json:
                say(f"{agent.id} listens; Ctrl-C ends it.")
            await agent.forever()

    run(work())


def _checked(handle: Handle, skills: Sequence[str], topics: Sequence[str], allow: Sequence[str]) -> Handlers:
    """What cannot be served is said before there is an agent. Raises BadName, BadInput, BadSettings."""
    if allow:
        allowing(allow)
    checked = Handlers()
    for one in skills:
        checked.add_skill(one, handle)
    for one in topics:
        checked.add_topic(one, handle)
    return checked


async def _execute(command: str, message: Message) -> bytes:
    """Raises Failed when the command does."""
    environment = os.environ | {"OVERLAY_SENDER": str(message.sender), "OVERLAY_TOPIC": message.topic}
    with tempfile.TemporaryFile() as question:  # a pipe would break when the command does not read it
        question.write(message.body)
        question.seek(0)
        process = await asyncio.create_subprocess_shell(
            command, stdin=question, stdout=asyncio.subprocess.PIPE, env=environment, start_new_session=True
        )
    try:
        answer, _ = await process.communicate()
    except asyncio.CancelledError:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the shell and what it started
        await process.wait()
        raise
    if process.returncode:
        raise Failed(f"the command that answers ended with exit code {process.returncode}")
    return answer
