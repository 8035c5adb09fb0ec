"""`overlay file`: files offered to other agents, and fetched from them (AG-8)."""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.agent.agent import Agent
from overlay.cli.acting import as_agent
from overlay.cli.bodies import read_body
from overlay.cli.options import HERE, Home, Json, Me, MeOrNew
from overlay.cli.printing import say, show_json, show_json_line, show_table, utc
from overlay.content.file_ref import FileRef
from overlay.content.shelf import Shelf
from overlay.domain.folder import DomainFolder
from overlay.naming.ids import check_name
from overlay.policy.rule import check_origin

app = typer.Typer(help="Files: offered to other agents, fetched from them.", rich_markup_mode=None)
_TOLD_EVERY_S = 1.0


@app.command()
def offer(
    path: Annotated[Path, typer.Argument(help="The file; it stays where it is.")],
    me: MeOrNew,
    to: Annotated[
        list[str], typer.Option("--to", help="Who may fetch it: bob@b.example, c.example. Repeatable.")
    ],
    media_type: Annotated[str, typer.Option(help="What it is; else guessed by its name.")] = "",
    lifetime: Annotated[float, typer.Option(help="Seconds for which it is offered; 0: a week.", min=0)] = 0,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Offer a file, print its reference, and give it out until Ctrl-C. It stays offered: it can be fetched
    whenever the agent is there.
    """
    for one in to:
        check_origin(one)

    async def work(agent: Agent) -> None:
        ref = await agent.offer_file(path, to, media_type=media_type, lifetime_s=lifetime or None)
        if json:
            show_json_line(msgspec.to_builtins(ref))
        else:
            say(ref.encode().decode())
        await agent.forever()

    as_agent(home, me, work, new=True)


@app.command()
def fetch(
    ref: Annotated[str, typer.Argument(help="The reference, as `offer` prints it; - reads standard input.")],
    me: Me,
    into: Annotated[Path, typer.Option("--into", help="Which folder; made when it is new.")] = HERE,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Fetch a file that was offered to this agent. Interrupted, it goes on when it is fetched again."""
    asked = FileRef.decode(read_body(ref))
    told = _Told()

    async def work(agent: Agent) -> Path:
        folder = into.expanduser()
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        return await agent.fetch_file(asked, folder, progress=told)

    path = as_agent(home, me, work)
    if json:
        show_json({"path": str(path), "size": asked.size, "digest": asked.digest, "seconds": told.seconds})
    else:
        say(f"{path}: {asked.size} bytes in {told.seconds:g} s")


@app.command(name="list")
def list_(me: Me, home: Home = HERE, json: Json = False) -> None:
    """List the files that an agent offers."""
    folder = DomainFolder.open(home).agent(check_name(me)) / "files"
    offers = [one for one in Shelf(folder).all() if one.until > time.time()]
    if json:
        found = [
            {"ref": msgspec.to_builtins(one.ref), "path": one.path, "to": one.to, "until": one.until}
            for one in offers
        ]
        show_json({"files": found})
        return
    rows = [(one.ref.id, one.ref.name, one.ref.size, " ".join(one.to), utc(one.until)) for one in offers]
    show_table(("id", "name", "bytes", "to", "until"), rows, "no files")


class _Told:
    """Says how far it is, where somebody looks."""

    def __init__(self) -> None:
        self._begun = time.monotonic()
        self._last = self._begun
        self._shown = sys.stderr.isatty()

    def __call__(self, there: int, size: int) -> None:
        now = time.monotonic()
        if self._shown and (now - self._last >= _TOLD_EVERY_S or there == size):
            self._last = now
            sys.stderr.write(f"{there * 100 // max(size, 1)} % of {size} bytes\n")

    @property
    def seconds(self) -> float:
        """Since it began."""
        return round(time.monotonic() - self._begun, 3)
