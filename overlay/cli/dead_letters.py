"""`overlay dead-letters`: what agents gave up, and sending it again."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from overlay.agent.dead_letters import kept_in, letters_in, send_again
from overlay.cli.options import HERE, Json
from overlay.cli.options import Home as Where
from overlay.cli.printing import printable, say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.endpoint.dead_letters import DeadLetter, Side
from overlay.endpoint.home import Home
from overlay.errors import BadInput, NotFound
from overlay.settings import Settings, load_settings

app = typer.Typer(help="Reliable messages that were given up: why, and once more.", rich_markup_mode=None)
Whose = Annotated[str, typer.Option("--as", help="Only of this agent of the domain.")]
Ids = Annotated[list[str] | None, typer.Argument(help="IDs, or how they begin.")]
All = Annotated[bool, typer.Option("--all", help="All of them.")]
_Found = tuple[Home, Settings, DeadLetter]


@app.command(name="list")
def list_(home: Where = HERE, me: Whose = "", json: Json = False) -> None:
    """What was given up, the oldest first. HOME: an agent's, or a domain's: of all agents that live there."""
    found = run(_all(home, me))
    if json:
        show_json({"dead_letters": [_told(one) for one in found]})
        return
    columns = ("id", "agent", "side", "other", "topic", "reason", "when", "attempts")
    rows = [
        (
            letter.id.hex()[:12],
            where.folder.name,
            letter.side.value,
            letter.party,
            letter.content.topic,
            letter.reason,
            utc(letter.at),
            letter.attempts,
        )
        for where, _, letter in found
    ]
    show_table(columns, rows, "There are no dead letters.")


@app.command()
def show(message: str, home: Where = HERE, me: Whose = "", json: Json = False) -> None:
    """One of them, with what it says."""
    one = _chosen(run(_all(home, me)), [message])[0]
    told = _told(one) | {"body": one[2].content.body.decode(errors="replace")}
    if json:
        show_json(told)
        return
    for name, value in told.items():
        text = utc(value) if isinstance(value, float) else str(value)
        say(f"{name:14} {printable(text) or '-'}")


@app.command(name="send-again")
def send_again_(
    messages: Ids = None,
    every: All = False,
    deadline: Annotated[
        float, typer.Option(help="Seconds that it is worth delivering.", min=0.01, max=86400)
    ] = 3600,
    home: Where = HERE,
    me: Whose = "",
    json: Json = False,
) -> None:
    """Send them again under the same IDs, sealed anew: who handled one already does not do it twice."""

    async def again(where: Home, settings: Settings, ids: list[bytes]) -> None:
        await send_again(where, settings, ids, deadline)

    _for_each(messages, home, me, again, "sent again", every=every, sent_only=True, json=json)


@app.command()
def drop(
    messages: Ids = None, every: All = False, home: Where = HERE, me: Whose = "", json: Json = False
) -> None:
    """Forget them."""

    async def forget(where: Home, settings: Settings, ids: list[bytes]) -> None:
        async with kept_in(where, settings) as letters:
            for message_id in ids:
                await letters.drop(message_id)

    _for_each(messages, home, me, forget, "dropped", every=every, sent_only=False, json=json)


def _for_each(
    messages: Sequence[str] | None,
    home: Path,
    me: str,
    work: Callable[[Home, Settings, list[bytes]], Awaitable[None]],
    done: str,
    *,
    every: bool,
    sent_only: bool,
    json: bool,
) -> None:
    if bool(messages) == every:
        raise BadInput("say which: IDs of `overlay dead-letters list`, or --all")

    async def do() -> list[str]:
        found = await _all(home, me)
        chosen = _chosen(found, messages or [])
        if every:
            chosen = [one for one in found if not sent_only or one[2].side is Side.SENT]
        by_home: dict[Path, tuple[Home, Settings, list[bytes]]] = {}
        for where, settings, letter in chosen:
            by_home.setdefault(where.folder, (where, settings, []))[2].append(letter.id)
        for one in by_home.values():
            await work(*one)
        return [letter.id.hex() for _, _, letter in chosen]

    ids = run(do())
    if json:
        show_json({"ids": ids})
    else:
        say(f"{len(ids)} {done}.")


async def _all(home: Path, me: str) -> list[_Found]:
    found = []
    for where, settings in _homes(home, me):
        found += [(where, settings, letter) for letter in await letters_in(where, settings)]
    return sorted(found, key=lambda one: one[2].at)


def _homes(path: Path, me: str) -> list[tuple[Home, Settings]]:
    path = path.expanduser()
    if Home(path).exists():
        return [(Home(path), load_settings())]
    folder = DomainFolder.open(path)
    settings = load_settings(folder.settings)
    homes = [Home(one) for one in sorted(folder.agents.glob("*")) if one.is_dir()]
    known = [home for home in homes if home.exists() and me in ("", home.folder.name)]
    if me and not known:
        raise NotFound(f"no agent {me} lives in {path}")
    return [(home, settings) for home in known]


def _chosen(found: Sequence[_Found], wanted: Sequence[str]) -> list[_Found]:
    """Raises BadInput, NotFound."""
    chosen = []
    for word in wanted:
        fits = [one for one in found if one[2].id.hex().startswith(word.lower())]
        if not fits:
            raise NotFound(f"there is no dead letter {word}: `overlay dead-letters list` shows all")
        if len({one[2].id for one in fits}) > 1:
            raise BadInput(f"{word} is how several begin: write more of it")
        chosen.append(fits[0])
    return chosen


def _told(one: _Found) -> dict[str, object]:
    where, _, letter = one
    return {
        "id": letter.id.hex(),
        "agent": where.folder.name,
        "side": letter.side.value,
        "party": str(letter.party),
        "topic": letter.content.topic,
        "priority": letter.priority.value,
        "reason": letter.reason,
        "said": letter.said,
        "at": letter.at,
        "deadline": letter.deadline,
        "attempts": letter.attempts,
        "bytes": len(letter.content.body),
    }
