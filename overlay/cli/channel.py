"""`overlay channel`: groups of agents that read what each of them publishes (GW-9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.agent.agent import Agent
from overlay.channels.channel import Channel
from overlay.channels.charter import History, May
from overlay.channels.client import ChannelsClient
from overlay.channels.founding import invitable
from overlay.channels.message import ChannelMessage
from overlay.channels.protocol import ChannelLine
from overlay.cli.acting import as_agent
from overlay.cli.bodies import body_json, read_body
from overlay.cli.channel_acting import in_channel, say_done
from overlay.cli.channel_people import appoint, dismiss, history, invite, remove, show
from overlay.cli.options import HERE, Allow, Home, Json, Me, MeOrNew, Name
from overlay.cli.printing import printable, say, show_json, show_json_line, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.naming.ids import PartyId, check_name
from overlay.naming.subjects import Priority

app = typer.Typer(help="Channels: groups that read what each of them publishes.", rich_markup_mode=None)
for command in (show, history, invite, remove, appoint, dismiss):
    app.command()(command)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Its name in this domain.")],
    me: MeOrNew,
    is_open: Annotated[bool, typer.Option("--open", help="Whoever asks may join.")] = False,
    invited: Annotated[
        list[str] | None,
        typer.Option("--invite", help="Who may join: bob@a.example, b.example. Repeatable."),
    ] = None,
    reader: Annotated[list[str] | None, typer.Option(help="Who may join, and read only. Repeatable.")] = None,
    publisher: Annotated[
        list[str] | None, typer.Option(help="Who may join, and publish only. Repeatable.")
    ] = None,
    may: Annotated[May, typer.Option(help="What others who join may do.")] = May.BOTH,
    keeps: Annotated[
        History, typer.Option("--history", help="What of the past who joins may read; it is recorded.")
    ] = History.NONE,
    recent: Annotated[int, typer.Option(help="Publications of the recent past.", min=1)] = 100,
    deputy: Annotated[
        list[str] | None,
        typer.Option(help="Agent of the domain that lets others in while the owner is away. Repeatable."),
    ] = None,
    about: Annotated[str, typer.Option(help="What it is about.")] = "",
    lifetime: Annotated[float, typer.Option(help="Seconds until it is released; 0: never.", min=0)] = 0,
    signed: Annotated[bool, typer.Option("--signed", help="Publications prove who published them.")] = False,
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Create a channel of this domain, owned by an agent. Others come in while that agent, or a deputy, is
    there: `overlay channel listen` keeps it there.
    """
    check_name(name)
    kinds = ((invited, may), (reader, May.READ), (publisher, May.PUBLISH))
    asked = {invitable(one): kind for some, kind in kinds for one in some or ()}
    deputies = [PartyId.parse(one) for one in deputy or ()]

    async def work(agent: Agent) -> str:
        made = await agent.create_channel(
            name,
            is_open=is_open,
            invite=asked,
            may=may,
            about=about,
            lifetime_s=lifetime or None,
            signed=signed,
            history=keeps,
            recent=recent,
            deputies=deputies,
        )
        return str(made.id)

    say_done(as_agent(home, me, work, allow, new=True), "is there", json=json)


@app.command(name="list")
def list_(
    whose: Annotated[str, typer.Option("--of", help="Only those of this agent: name@domain.")] = "",
    home: Home = HERE,
    json: Json = False,
) -> None:
    """List the channels in which agents of the domain are."""

    async def work() -> list[ChannelLine]:
        async with operator(DomainFolder.open(home)) as hand:
            return await ChannelsClient(hand.registry).all(whose)

    found = run(work())
    if json:
        show_json({"channels": msgspec.to_builtins(found)})
        return
    rows = [
        (one.channel, one.owner, one.members, "open" if one.open else "invited", _end(one.ends), one.about)
        for one in found
    ]
    show_table(("channel", "owner", "members", "who joins", "ends", "about"), rows, "no channels")


@app.command()
def join(
    channel: Name,
    me: MeOrNew,
    owner: Annotated[
        str,
        typer.Option(
            help="Who owns it, name@domain: needed where it is of another domain, unless this agent was "
            "invited by its own name."
        ),
    ] = "",
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Join a channel; its owner lets the agent in, and has to be there: `overlay channel listen` keeps it
    there.
    """
    asked = PartyId.parse(owner) if owner else None

    async def work(agent: Agent, found: PartyId) -> str:
        return str((await agent.join_channel(found, owner=asked)).id)

    say_done(in_channel(channel, home, me, allow, work, new=True), "joined", json=json)


@app.command()
def publish(
    channel: Name,
    body: Annotated[str, typer.Argument(help="The text; - reads standard input.")],
    me: MeOrNew,
    reliable: Annotated[
        bool | None,
        typer.Option(
            "--reliable/--realtime",
            help="Stored for members that are away; so by itself where the channel keeps history.",
        ),
    ] = None,
    priority: Annotated[Priority, typer.Option(help="How important it is.")] = Priority.NORMAL,
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Publish in a channel that the agent is in."""
    told = read_body(body)

    async def work(agent: Agent, found: PartyId) -> str:
        joined = await agent.join_channel(found)
        message_id = await joined.publish(told, reliable=reliable, priority=priority)
        await agent.endpoint.transport.flush()
        return message_id.hex()

    message_id = in_channel(channel, home, me, allow, work, new=True)
    if json:
        show_json({"channel": channel, "id": message_id})
    else:
        say(f"published in {channel}")


@app.command()
def listen(channel: Name, me: MeOrNew, allow: Allow = None, home: Home = HERE, json: Json = False) -> None:
    """Print what is published in a channel that the agent is in, until Ctrl-C or until it is out."""

    async def work(agent: Agent, found: PartyId) -> None:
        joined = await agent.join_channel(found)
        if not json:
            say(f"{agent.id} reads {found}")
        async for message in joined:
            _print(message, json=json)

    in_channel(channel, home, me, allow, work, new=True)


@app.command()
def leave(channel: Name, me: Me, home: Home = HERE, json: Json = False) -> None:
    """Leave a channel: the agent reads it no more."""
    _end_by(Channel.leave, channel, me, home, "left", json=json)


@app.command()
def release(channel: Name, me: Me, home: Home = HERE, json: Json = False) -> None:
    """End a channel that the agent owns."""
    _end_by(Channel.release, channel, me, home, "released", json=json)


def _end_by(
    end: Callable[[Channel], Awaitable[None]], channel: str, me: str, home: Path, word: str, *, json: bool
) -> None:
    async def work(agent: Agent, found: PartyId) -> str:
        await end(await agent.join_channel(found))
        return str(found)

    say_done(in_channel(channel, home, me, None, work), word, json=json)


def _print(message: ChannelMessage, *, json: bool) -> None:
    if json:
        shown = {"sender": str(message.sender), **body_json(message.body)}
        show_json_line(shown | {"id": message.id.hex(), "reliable": message.reliable})
    else:
        say(f"{message.sender}: {printable(message.body.decode(errors='replace'))}")


def _end(ends: float) -> str:
    return utc(ends) if ends else ""
