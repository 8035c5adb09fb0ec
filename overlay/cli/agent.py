"""`overlay agent`: send and ask from the command line; its other commands have files of their own."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from overlay.anycast.choice import Choice
from overlay.cli import agent_credential
from overlay.cli.acting import acting
from overlay.cli.agent_certificate import renew, show
from overlay.cli.agent_describe import describe
from overlay.cli.agent_join import join
from overlay.cli.agent_listen import listen
from overlay.cli.agent_publish import publish
from overlay.cli.agent_revoke import revoke
from overlay.cli.bodies import message_json, print_body, read_body
from overlay.cli.join_token import TokenFile
from overlay.cli.options import HERE, Home, Json, MeOrNew
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.cli.whose import Own
from overlay.endpoint.message import Message
from overlay.errors import BadInput
from overlay.naming.address import is_address
from overlay.naming.subjects import Priority

app = typer.Typer(help="Be an agent: send, ask, listen.", rich_markup_mode=None)
app.add_typer(agent_credential.app, name="credential")
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
app.command()(listen)
app.command()(publish)


@app.command()
def ask(
    to: Whom,
    body: Body,
    me: MeOrNew = "operator-desk",
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

    question, sentence = read_body(body, token), " " in to.strip()
    if sentence and (skill or priority is not Priority.NORMAL):
        raise BadInput("--skill and --priority are for an agent or a skill: a sentence finds both")
    if explain and (is_address(to) or sentence):
        raise BadInput("--explain is for a skill: `overlay discover` explains what a sentence finds")

    async def work() -> Message:
        async with await acting(home, me, own, token) as agent:
            if sentence:
                return await agent.ask_best(to, question, timeout)
            if explain:
                _explain(await agent.choose(to))
            return await agent.ask(to, question, skill=skill, priority=priority, timeout_s=timeout)

    answer = run(work())
    if sentence and not json:
        sys.stderr.write(f"overlay: {answer.sender} was asked\n")
    if json:
        show_json(message_json(answer))
    else:
        print_body(answer.body)


def _explain(choice: Choice) -> None:
    """On standard error: the answer stays by itself."""
    for place, one in enumerate(choice.weighed, 1):
        sys.stderr.write(f"{place}. {one.candidate.party}: {', '.join(one.why)} (cost {one.cost:.0f})\n")


@app.command()
def send(
    to: To,
    body: Body,
    me: MeOrNew = "operator-desk",
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

    told = read_body(body, token)

    async def work() -> str:
        async with await acting(home, me, own, token) as agent:
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
