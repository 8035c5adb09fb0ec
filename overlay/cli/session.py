"""`overlay session`: sessions of agents, with their recorded history (AG-1, AG-2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from overlay.agent.agent import Agent
from overlay.channels.charter import History
from overlay.channels.founding import invitable
from overlay.cli.acting import as_agent
from overlay.cli.bodies import body_json, print_body, read_body
from overlay.cli.channel_acting import named
from overlay.cli.options import HERE, Allow, Home, Json, Me, MeOrNew, Name
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.session_showing import entry_json, say_entry, session_row, show_event
from overlay.naming.ids import check_name
from overlay.sessions.client import SessionsClient
from overlay.sessions.protocol import Entry
from overlay.sessions.session import Session

app = typer.Typer(help="Sessions: held by several agents, recorded, and resumed.", rich_markup_mode=None)
T = TypeVar("T")


@app.command(name="open")
def open_(
    name: Annotated[str, typer.Argument(help="Its name in this domain.")],
    me: MeOrNew,
    invite: Annotated[
        list[str] | None, typer.Option(help="Who may join: bob@a.example, b.example. Repeatable.")
    ] = None,
    deputy: Annotated[
        list[str] | None, typer.Option(help="Who lets others in, too, and may end it. Repeatable.")
    ] = None,
    lifetime: Annotated[float, typer.Option(help="Seconds until it ends; 0: never.", min=0)] = 0,
    idle: Annotated[float, typer.Option(help="Seconds of silence until it ends; 0: never.", min=0)] = 0,
    history: Annotated[History, typer.Option(help="What who joins later may read.")] = History.ALL,
    about: Annotated[str, typer.Option(help="What it is about.")] = "",
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Open a session of this domain. Others join while the agent, or a deputy, is there: `overlay session
    events --follow` keeps it there.
    """
    check_name(name)
    invited = [invitable(one) for one in invite or ()]

    async def work(agent: Agent) -> Entry:
        made = await agent.open_session(
            name,
            invite=invited,
            deputies=deputy or (),
            lifetime_s=lifetime or None,
            idle_s=idle,
            history=history,
            about=about,
        )
        return made.entry

    _show(as_agent(home, me, work, allow, new=True), json=json)


@app.command()
def join(
    session: Name,
    me: MeOrNew,
    owner: Annotated[str, typer.Option(help="Whom to ask, where the agent was not invited by name.")] = "",
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Join a session; who opened it, or a deputy, has to be there."""

    found = named(session, home, "session")

    async def work(agent: Agent) -> Entry:
        return (await agent.join_session(found, owner=owner or None)).entry

    _show(as_agent(home, me, work, allow, new=True), json=json)


@app.command(name="list")
def list_(me: Me, home: Home = HERE, json: Json = False) -> None:
    """List the sessions that an agent takes part in, in its domain and, as last known, elsewhere."""

    async def work(agent: Agent) -> list[Entry]:
        here = await SessionsClient(agent.endpoint).all(agent.id.domain)
        known = {entry.session for entry in here}
        return here + [one.entry for one in agent.sessions if str(one.id) not in known]

    found = as_agent(home, me, work)
    if json:
        show_json({"sessions": [entry_json(one) for one in found]})
        return
    columns = ("session", "initiator", "in it", "events", "state", "priority")
    show_table(columns, [session_row(one) for one in found], "no sessions")


@app.command()
def show(session: Name, me: Me, home: Home = HERE, json: Json = False) -> None:
    """Show a session's entry in the session table."""
    _show(_in(session, home, me, None, Session.refresh), json=json)


@app.command(name="say")
def say_(
    session: Name,
    body: Annotated[str, typer.Argument(help="The text; - reads standard input.")],
    me: Me,
    id: Annotated[str, typer.Option(help="What you call it: the same one again is not said twice.")] = "",
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Say something to all participants; prints its number."""
    told = read_body(body)
    number = _in(session, home, me, allow, lambda one: one.say(told, id=id))
    if json:
        show_json({"session": session, "number": number})
    else:
        say(f"{session}: number {number}")


@app.command()
def events(
    session: Name,
    me: Me,
    after: Annotated[
        int, typer.Option(help="After this number; without it, after what the agent saw last.", min=-1)
    ] = -1,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until the session ends, or Ctrl-C.")
    ] = False,
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Print what happened in a session."""

    async def work(one: Session) -> None:
        upto = None if follow else (await one.refresh()).last
        async for event in one.events(None if after < 0 else after, upto=upto):
            show_event(event, json=json)

    _in(session, home, me, allow, work)


@app.command()
def checkpoint(
    session: Name,
    me: Me,
    state: Annotated[str, typer.Argument(help="What to keep; - reads standard input; empty: show it.")] = "",
    number: Annotated[int, typer.Option(help="Up to which event it counts; the latest.", min=-1)] = -1,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Keep a state at the session service, for this agent alone, or show the one that is kept."""
    given = read_body(state) if state else b""

    async def work(one: Session) -> tuple[int, bytes]:
        if given:
            upto = (await one.refresh()).last if number < 0 else number
            return await one.checkpoint(given, upto), given
        kept = await one.resume()
        return kept.number, kept.state or b""

    upto, kept = _in(session, home, me, None, work)
    if json:
        show_json({"session": session, "number": upto, **body_json(kept)})
    else:
        say(f"{session}: up to number {upto}, {len(kept)} bytes")
        if not given and kept:
            print_body(kept)


@app.command()
def leave(session: Name, me: Me, home: Home = HERE, json: Json = False) -> None:
    """Leave a session."""
    _in(session, home, me, None, Session.leave)
    _say_done(session, "left", json=json)


@app.command()
def end(
    session: Name,
    me: Me,
    why: Annotated[str, typer.Option(help="Why, for all participants.")] = "",
    home: Home = HERE,
    json: Json = False,
) -> None:
    """End a session for all: for who opened it, and its deputies. Its record can be read for a while."""
    _in(session, home, me, None, lambda one: one.end(why))
    _say_done(session, "ended", json=json)


def _in(
    session: str,
    home: Path,
    me: str,
    allow: list[str] | None,
    work: Callable[[Session], Awaitable[T]],
) -> T:
    found = named(session, home, "session")

    async def whole(agent: Agent) -> T:
        return await work(await agent.join_session(found))

    return as_agent(home, me, whole, allow)


def _show(entry: Entry, *, json: bool) -> None:
    if json:
        show_json(entry_json(entry))
    else:
        say_entry(entry)


def _say_done(session: str, word: str, *, json: bool) -> None:
    if json:
        show_json({"session": session, "done": word})
    else:
        say(f"{session} {word}")
