"""`overlay agent`: send, ask and listen from the command line."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from overlay.agent.agent import Agent
from overlay.agent.described import read_file
from overlay.agent.handlers import Handle, Handlers
from overlay.anycast.choice import Choice
from overlay.cli import agent_credential
from overlay.cli.agent_certificate import renew, show
from overlay.cli.agent_describe import describe
from overlay.cli.agent_join import join
from overlay.cli.agent_revoke import revoke
from overlay.cli.join_token import TokenFile, join_token
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json, show_json_line
from overlay.cli.running import run
from overlay.cli.whose import Own
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Failed
from overlay.naming.address import is_address
from overlay.naming.subjects import Priority
from overlay.policy.access import allowing
from overlay.registry.record import Profile
from overlay.registry.registration.consent import parse_consent
from overlay.settings import load_settings

app = typer.Typer(help="Be an agent: send, ask, listen.", rich_markup_mode=None)
app.add_typer(agent_credential.app, name="credential")
Me = Annotated[str, typer.Option("--as", help="Which agent of the domain to be; made when it is new.")]
To = Annotated[str, typer.Argument(help="name@domain, a DID, a URL, or a skill: whoever has it best.")]
Whom = Annotated[
    str, typer.Argument(help="name@domain, a DID, a URL, a skill, or a sentence: whoever fits best.")
]
Body = Annotated[str, typer.Argument(help="The text; - reads standard input.")]
Skill = Annotated[str, typer.Option(help="Which skill of name@domain is meant.")]
Important = Annotated[Priority, typer.Option(help="How important it is.")]
app.command()(join)
app.command()(describe)
app.command()(show)
app.command()(renew)
app.command()(revoke)


@app.command()
def ask(
    to: Whom,
    body: Body,
    me: Me = "operator-desk",
    skill: Skill = "",
    timeout: Annotated[float, typer.Option(help="Seconds to wait for the answer.", min=0.01, max=86400)] = 30,
    priority: Important = Priority.NORMAL,
    explain: Annotated[
        bool, typer.Option("--explain", help="Of a skill: say who was considered, and why in this order.")
    ] = False,
    home: Home = HERE,
    own: Own = None,
    token: TokenFile = None,
    json: Json = False,
) -> None:
    """Ask an agent, whoever has a skill, or whoever fits a sentence best; print the answer."""

    question, sentence = _body(body, token), " " in to.strip()
    if sentence and (skill or priority is not Priority.NORMAL):
        raise BadInput("--skill and --priority are for an agent or a skill: a sentence finds both")
    if explain and (is_address(to) or sentence):
        raise BadInput("--explain is for a skill: `overlay discover` explains what a sentence finds")

    async def work() -> Message:
        async with await _agent(home, me, own, token) as agent:
            if sentence:
                return await agent.ask_best(to, question, timeout)
            if explain:
                _explain(await agent.choose(to))
            return await agent.ask(to, question, skill=skill, priority=priority, timeout_s=timeout)

    answer = run(work())
    if sentence and not json:
        sys.stderr.write(f"overlay: {answer.sender} was asked\n")
    if json:
        show_json(_as_dict(answer))
    else:
        _print(answer.body)


def _explain(choice: Choice) -> None:
    """On standard error: the answer stays by itself."""
    for place, one in enumerate(choice.weighed, 1):
        sys.stderr.write(f"{place}. {one.candidate.party}: {', '.join(one.why)} (cost {one.cost:.0f})\n")


@app.command()
def send(
    to: To,
    body: Body,
    me: Me = "operator-desk",
    skill: Skill = "",
    reliable: Annotated[
        bool, typer.Option("--reliable", help="Stored until it is handled; waits for the receipt.")
    ] = False,
    deadline: Annotated[
        float, typer.Option(help="Seconds that it is worth delivering.", min=0.01, max=86400)
    ] = 30,
    priority: Important = Priority.NORMAL,
    home: Home = HERE,
    own: Own = None,
    token: TokenFile = None,
    json: Json = False,
) -> None:
    """Send a message that wants no answer."""

    told = _body(body, token)

    async def work() -> str:
        async with await _agent(home, me, own, token) as agent:
            sent = await agent.send(
                to, told, skill=skill, reliable=reliable, priority=priority, deadline_s=deadline
            )
            if reliable:
                await sent.receipt()
            return sent.id.hex()

    sent_id = run(work())
    if json:
        show_json({"id": sent_id, "handled": reliable})
    else:
        say("handled" if reliable else "sent")


@app.command()
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
            show_json_line(_as_dict(message))
        else:
            text = printable(message.body.decode(errors="replace"))
            say(f"{message.sender} {message.topic or '-'}: {text}")
        return await _execute(command, message) if command else message.body

    topics = tuple(dict.fromkeys((*(topic or ()), *said.topics)))
    checked = _checked(handle, skills, topics, allow or ())
    profile = description or (Profile(consent=parse_consent(consent)) if consent else None)

    async def work() -> None:
        agent = await _agent(home, name, own, token, skills, allow or (), profile)
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


async def _agent(
    home: Path,
    me: str,
    own: Path | None,
    token: Path | None,
    skills: tuple[str, ...] = (),
    access: Sequence[str] = (),
    profile: Profile | Path | None = None,
) -> Agent:
    """What a command says counts, whatever the agent was before."""
    if own is not None:
        return Agent(own, token=join_token(token), access=access, profile=profile, anew=True)
    if token is not None:
        raise BadInput("a join token makes an agent's own folder: name it with --agent-home FOLDER")
    folder = DomainFolder.open(home)
    agent_home, settings = await resident(folder, me, skills), load_settings(folder.settings)
    return Agent(agent_home, settings=settings, access=access, profile=profile, anew=True)


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


def _body(text: str, token: Path | None) -> bytes:
    if text == "-" and token == Path("-"):
        raise BadInput(
            "standard input is either the text or the join token: OVERLAY_JOIN_TOKEN takes one, too"
        )
    return sys.stdin.buffer.read() if text == "-" else text.encode(errors="surrogateescape")


def _as_dict(message: Message) -> dict[str, object]:
    """The body as text, and in base64 where it is none."""
    found: dict[str, object] = {"sender": str(message.sender), "topic": message.topic, "id": message.id.hex()}
    try:
        return found | {"body": message.body.decode()}
    except UnicodeDecodeError:
        return found | {"body_base64": b64encode(message.body).decode()}


def _print(body: bytes) -> None:
    """As it is into a file or pipe; made printable on a terminal."""
    if sys.stdout.isatty():
        say("\n".join(printable(line) for line in body.decode(errors="replace").splitlines()))
        return
    sys.stdout.buffer.write(body if body.endswith(b"\n") else body + b"\n")
    sys.stdout.buffer.flush()
