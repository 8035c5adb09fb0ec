"""`overlay status`: what runs, who is peered with, how many agents are here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import Annotated

import typer
from rich.console import RenderableType

from overlay.cli.options import HERE, Home, Json
from overlay.cli.peer_show import peers_table
from overlay.cli.printing import line, show_json, table
from overlay.cli.running import run
from overlay.cli.watching import Every, Watch, show_view, watch, watch_json
from overlay.domain.folder import DomainFolder
from overlay.domain.status import DomainStatus, Part, domain_status

_COUNTED = 12
"""So many counters of the gateway are shown, the highest."""
_WORRYING = re.compile(
    "refuse|lost|drop|no-|over-|expired|malformed|not-|unknown|late|shed|gap|silence|failed|bad-|loop|limit"
    "|foreign|unreachable|overloaded|denied|unanswered|unsettled"
)
"""Counters of what did not go as it should; all others count work."""


Counters = Annotated[
    bool, typer.Option("--counters", help="All that the gateway's processes counted together, by name.")
]


def status(
    home: Home = HERE,
    watching: Watch = False,
    every: Every = 2.0,
    counters: Counters = False,
    json: Json = False,
) -> None:
    """What runs, who is peered with, how many agents are here. Exit code 1 unless everything serves."""
    folder = DomainFolder.open(home)
    if watching:
        look = partial(domain_status, folder)
        run(
            watch_json(look, DomainStatus.as_dict, every)
            if json
            else watch(look, partial(status_view, counters=counters), every)
        )
        return
    found = run(domain_status(folder))
    if json:
        show_json(found.as_dict())
    else:
        show_view(status_view(found, counters=counters))
    if not found.well:
        raise SystemExit(1)


def status_view(found: DomainStatus, *, counters: bool = False) -> list[RenderableType]:
    """For people; with all `counters`, or those of what did not go as it should."""
    return list(_lines(found, counters=counters))


def _lines(found: DomainStatus, *, counters: bool) -> Iterator[RenderableType]:
    yield line(f"Domain {found.domain}, broker {found.broker} at {found.url}")
    yield table(("part", "state", ""), [(part.name, _state(part), part.detail) for part in found.parts])
    if found.agents is None:
        return
    yield line("")
    if found.peers:
        yield peers_table(found.peers)
    else:
        yield line("No peers: `overlay peer export` begins a federation.")
    access = f", {found.attached} with access through the gateway" if found.attached is not None else ""
    refused = f", {found.refused} refused it: see the gateway's log" if found.refused else ""
    yield line("")
    yield line(f"{found.agents} agents registered, {found.online} online{access}{refused}")
    if counters:
        yield line("")
        rows = [(name, count) for name, count in sorted(found.counters.items()) if count]
        yield table(("the gateway counted", ""), rows) if rows else line("The gateway counted nothing yet.")
        return
    odd = {name: count for name, count in found.counters.items() if count and _WORRYING.search(name)}
    if odd:
        some = sorted(odd, key=lambda name: -odd[name])[:_COUNTED]
        yield line("The gateway counted: " + ", ".join(f"{name} {odd[name]}" for name in some))


def _state(part: Part) -> str:
    if not part.known:
        return "unknown"
    return "up" if part.well else "DOWN"
