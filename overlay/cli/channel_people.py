"""`overlay channel show | history | invite | remove | appoint | dismiss`: who is in it, and its past."""

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
from overlay.channels.protocol import ChannelTold
from overlay.channels.recorded import Past
from overlay.channels.roster import Member, Roster, known_roster, signer_of
from overlay.cli.bodies import body_json
from overlay.cli.channel_acting import in_channel, named, say_done
from overlay.cli.options import HERE, Allow, Home, Json, Me, Name
from overlay.cli.printing import printable, say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.naming.ids import PartyId

Who = Annotated[str, typer.Argument(help="name@domain")]


def show(channel: Name, home: Home = HERE, json: Json = False) -> None:
    """Show what a channel is, as its owner or a deputy signed it: owner, deputies, members and what each may
    do, history, whether it is signed.
    """
    found = named(channel, home, "channel")

    async def work() -> ChannelTold:
        async with operator(DomainFolder.open(home)) as hand:
            return await ChannelsClient(hand.registry).show(str(found))

    told = run(work())
    roster = known_roster(told.roster)
    staying = [member for member in roster.members if member.party not in told.left]
    if json:
        shown = msgspec.to_builtins(roster)
        hidden = ("mandate", "before", "charter")
        listed = {name: value for name, value in shown.items() if name not in hidden}
        said = {"members": [_member(one) for one in staying], "signed_by": str(signer_of(told.roster))}
        show_json(listed | said)
        return
    for line in _lines(roster, str(signer_of(told.roster))):
        say(line)
    show_table(
        ("member", "", "may"), [(one.party, _rank(one, roster), _may(one)) for one in staying], "nobody"
    )


def history(
    channel: Name,
    me: Me,
    after: Annotated[int, typer.Option(min=0, help="Only what has a higher number.")] = 0,
    limit: Annotated[int, typer.Option(min=0, help="So many at most; 0: all.")] = 0,
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Print what was published in a channel that keeps history, as far as the agent may read it."""

    async def work(agent: Agent, found: PartyId) -> list[Past]:
        return await (await agent.join_channel(found)).past(after, limit)

    found = in_channel(channel, home, me, allow, work)
    if json:
        show_json({"channel": channel, "past": [_past(one) for one in found]})
        return
    for one in found:
        text = printable(one.message.body.decode(errors="replace"))
        say(f"{one.number}  {utc(one.at)}  {one.message.sender}: {text}")


def invite(
    channel: Name,
    party: Annotated[str, typer.Argument(help="name@domain, or a whole domain")],
    me: Me,
    may: Annotated[May | None, typer.Option(help="What it may do; else what all may.")] = None,
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Let an agent, or a whole domain, come in to a channel that the agent owns, or is a deputy of."""
    _do(lambda known: known.invite(party, may=may), channel, me, allow, home, f"invited {party}", json=json)


def remove(
    channel: Name, party: Who, me: Me, allow: Allow = None, home: Home = HERE, json: Json = False
) -> None:
    """Put a member out of a channel that the agent owns, or is a deputy of."""
    _do(lambda known: known.remove(party), channel, me, allow, home, f"removed {party}", json=json)


def appoint(channel: Name, party: Who, me: Me, home: Home = HERE, json: Json = False) -> None:
    """Make an agent of the domain a deputy in a channel that the agent owns, once it has joined."""
    _do(lambda known: known.appoint(party), channel, me, None, home, f"appointed {party}", json=json)


def dismiss(channel: Name, party: Who, me: Me, home: Home = HERE, json: Json = False) -> None:
    """Make a deputy a member like others."""
    _do(lambda known: known.dismiss(party), channel, me, None, home, f"dismissed {party}", json=json)


def _do(
    what: Callable[[Channel], Awaitable[None]],
    channel: str,
    me: str,
    allow: list[str] | None,
    home: Path,
    word: str,
    *,
    json: bool,
) -> None:
    async def work(agent: Agent, found: PartyId) -> None:
        await what(await agent.join_channel(found))

    in_channel(channel, home, me, allow, work)
    say_done(channel, word, json=json)


def _lines(roster: Roster, signer: str) -> list[str]:
    recent = f", the last {roster.recent}" if roster.history is History.RECENT else ""
    return [
        f"{roster.channel}  {roster.about}".rstrip(),
        f"owner: {roster.owner}; this is version {roster.version}, by {signer}",
        f"deputies: {', '.join(roster.deputies) or 'none'}",
        f"who joins: {'whoever asks' if roster.open else 'by invitation'}, and may {roster.may}",
        f"history: {roster.history}{recent}",
        "signed: each publication proves who published it" if roster.signed else "not signed",
        *((f"ends: {utc(roster.ends)}",) if roster.ends else ()),
    ]


def _member(one: Member) -> dict[str, object]:
    return {"party": one.party, "publish": one.publish, "read": one.read, "record": one.record}


def _rank(one: Member, roster: Roster) -> str:
    if one.party == roster.owner:
        return "owner"
    return "deputy" if one.party in roster.deputies else ""


def _may(one: Member) -> str:
    kinds = (("publish", one.publish), ("read", one.read), ("record", one.record))
    return " ".join(word for word, may in kinds if may)


def _past(one: Past) -> dict[str, object]:
    said = {"number": one.number, "at": one.at, "sender": str(one.message.sender)}
    return said | body_json(one.message.body) | {"id": one.message.id.hex()}
