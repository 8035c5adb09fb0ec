"""`overlay channel`: groups of agents that read what each of them publishes (GW-9)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
import typer

from overlay.agent.agent import Agent
from overlay.channels.channel import Channel
from overlay.channels.client import ChannelsClient
from overlay.channels.founding import invitable
from overlay.channels.message import ChannelMessage
from overlay.channels.protocol import ChannelLine, ChannelTold
from overlay.channels.roster import known_roster
from overlay.cli.acting import acting
from overlay.cli.bodies import body_json, read_body
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json, show_json_line, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.naming.ids import PartyId, check_name
from overlay.naming.subjects import Priority

app = typer.Typer(help="Channels: groups that read what each of them publishes.", rich_markup_mode=None)
T = TypeVar("T")
Me = Annotated[str, typer.Option("--as", help="Which agent of the domain to be; made when it is new.")]
Name = Annotated[str, typer.Argument(help="name@home-domain")]
Access = Annotated[
    list[str] | None,
    typer.Option("--allow", help="Members of other domains: alice@b.example, b.example. Repeatable."),
]


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Its name in this domain.")],
    me: Me,
    is_open: Annotated[bool, typer.Option("--open", help="Whoever asks may join.")] = False,
    invite: Annotated[
        list[str] | None, typer.Option(help="Who may join: bob@a.example, b.example. Repeatable.")
    ] = None,
    about: Annotated[str, typer.Option(help="What it is about.")] = "",
    lifetime: Annotated[float, typer.Option(help="Seconds until it is released; 0: never.", min=0)] = 0,
    signed: Annotated[bool, typer.Option("--signed", help="Publications prove who published them.")] = False,
    allow: Access = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Create a channel of this domain, owned by an agent. Others come in while that agent is there: `overlay
    channel listen` keeps it there.
    """
    check_name(name)
    invited = [invitable(one) for one in invite or ()]

    async def work(agent: Agent) -> str:
        made = await agent.create_channel(
            name, is_open=is_open, invite=invited, about=about, lifetime_s=lifetime or None, signed=signed
        )
        return str(made.id)

    _say_done(_as(home, me, allow, work), "is there", json=json)


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
def members(channel: Name, home: Home = HERE, json: Json = False) -> None:
    """Show who is in a channel, as its owner signed it."""
    PartyId.parse(channel)

    async def work() -> ChannelTold:
        async with operator(DomainFolder.open(home)) as hand:
            return await ChannelsClient(hand.registry).show(channel)

    told = run(work())
    roster = known_roster(told.roster)
    staying = [member for member in roster.members if member.party not in told.left]
    if json:
        listed = msgspec.to_builtins(staying)
        show_json({"channel": channel, "owner": told.owner, "signed": roster.signed, "members": listed})
        return
    rows = [
        (one.party, "owner" if one.party == told.owner else "", _may(publish=one.publish, read=one.read))
        for one in staying
    ]
    show_table(("member", "", "may"), rows, "nobody")
    say("signed: each publication proves who published it" if roster.signed else "not signed")


@app.command()
def join(
    channel: Name,
    me: Me,
    owner: Annotated[
        str,
        typer.Option(
            help="Who owns it, name@domain: needed where it is of another domain, unless this agent was "
            "invited by its own name."
        ),
    ] = "",
    allow: Access = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Join a channel; its owner lets the agent in, and has to be there: `overlay channel listen` keeps it
    there.
    """
    asked = PartyId.parse(owner) if owner else None

    async def work(agent: Agent) -> str:
        return str((await agent.join_channel(channel, owner=asked)).id)

    _say_done(_in(channel, home, me, allow, work), "joined", json=json)


@app.command()
def publish(
    channel: Name,
    body: Annotated[str, typer.Argument(help="The text; - reads standard input.")],
    me: Me,
    reliable: Annotated[bool, typer.Option("--reliable", help="Stored for members that are away.")] = False,
    priority: Annotated[Priority, typer.Option(help="How important it is.")] = Priority.NORMAL,
    allow: Access = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Publish in a channel that the agent is in."""
    told = read_body(body)

    async def work(agent: Agent) -> str:
        joined = await agent.join_channel(channel)
        message_id = await joined.publish(told, reliable=reliable, priority=priority)
        await agent.endpoint.transport.flush()
        return message_id.hex()

    message_id = _in(channel, home, me, allow, work)
    if json:
        show_json({"channel": channel, "id": message_id})
    else:
        say(f"published in {channel}")


@app.command()
def listen(channel: Name, me: Me, allow: Access = None, home: Home = HERE, json: Json = False) -> None:
    """Print what is published in a channel that the agent is in, until Ctrl-C or until it is out."""

    async def work(agent: Agent) -> None:
        joined = await agent.join_channel(channel)
        if not json:
            say(f"{agent.id} reads {channel}")
        async for message in joined:
            _print(message, json=json)

    _in(channel, home, me, allow, work)


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
    async def work(agent: Agent) -> str:
        await end(await agent.join_channel(channel))
        return channel

    _say_done(_in(channel, home, me, None, work), word, json=json)


def _in(
    channel: str, home: Path, me: str, allow: list[str] | None, work: Callable[[Agent], Awaitable[T]]
) -> T:
    PartyId.parse(channel)  # names are checked before anything else
    return _as(home, me, allow, work)


def _as(home: Path, me: str, allow: list[str] | None, work: Callable[[Agent], Awaitable[T]]) -> T:
    check_name(me)

    async def whole() -> T:
        async with await acting(home, me, None, None, access=allow or ()) as agent:
            return await work(agent)

    return run(whole())


def _say_done(channel: str, word: str, *, json: bool) -> None:
    if json:
        show_json({"channel": channel, "done": word})
    else:
        say(f"{channel} {word}")


def _print(message: ChannelMessage, *, json: bool) -> None:
    if json:
        shown = {"sender": str(message.sender), **body_json(message.body)}
        show_json_line(shown | {"id": message.id.hex(), "reliable": message.reliable})
    else:
        say(f"{message.sender}: {printable(message.body.decode(errors='replace'))}")


def _end(ends: float) -> str:
    return utc(ends) if ends else ""


def _may(*, publish: bool, read: bool) -> str:
    return " ".join(word for word, may in (("publish", publish), ("read", read)) if may)
