"""`overlay peer list` and `overlay peer show`: how the links to peers stand (GW-3 … GW-6)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Annotated

import typer
from rich.console import RenderableType
from rich.table import Table

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import line, show_json, table, utc
from overlay.cli.running import run
from overlay.cli.watching import Every, Watch, show_view, watch, watch_json
from overlay.domain.folder import DomainFolder
from overlay.domain.peer_status import PeerStatus
from overlay.domain.status import one_peer_status, peers_status


def list_peers(home: Home = HERE, watching: Watch = False, every: Every = 2.0, json: Json = False) -> None:
    """The peers: whether they are linked, over how many lines, how quick, and how many agents we know."""
    look = partial(peers_status, DomainFolder.open(home))
    if watching:
        run(watch_json(look, _all_as_dict, every) if json else watch(look, _list_view, every))
        return
    found = run(look())
    if json:
        show_json(_all_as_dict(found))
    else:
        show_view(_list_view(found))


def show_peer(
    domain: Annotated[str, typer.Argument(help="The peer's domain.")],
    home: Home = HERE,
    watching: Watch = False,
    every: Every = 2.0,
    json: Json = False,
) -> None:
    """One peer: since when it is linked, or why not, and each line to it with its measurements."""
    look = partial(one_peer_status, DomainFolder.open(home), domain)
    if watching:
        run(watch_json(look, PeerStatus.as_dict, every) if json else watch(look, _peer_view, every))
        return
    found = run(look())
    if json:
        show_json(found.as_dict())
    else:
        show_view(_peer_view(found))


def peers_table(peers: Sequence[PeerStatus]) -> Table:
    """A line for each."""
    rows = [
        (
            peer.domain,
            peer.relation + (", transit" if peer.transit else ""),
            peer.state,
            _ago(peer.since),
            f"{peer.used} of {len(peer.lines)}",
            "" if peer.rtt_ms is None else f"{peer.rtt_ms:.1f}",
            peer.waiting,
            "{} / {}".format(*peer.carried),
            peer.agents,
            "" if peer.state == "linked" else peer.why,
        )
        for peer in peers
    ]
    return table(("peer", "is our", "state", "for", "lines", "ms", "waiting", "out / in", "agents", ""), rows)


def _list_view(peers: Sequence[PeerStatus]) -> list[RenderableType]:
    if not peers:
        return [line("No peers: `overlay peer export` begins a federation.")]
    return [peers_table(peers)]


def _all_as_dict(peers: Sequence[PeerStatus]) -> dict[str, object]:
    return {"peers": [peer.as_dict() for peer in peers]}


def _peer_view(peer: PeerStatus) -> list[RenderableType]:
    return list(_lines(peer))


def _lines(peer: PeerStatus) -> Iterator[RenderableType]:
    since = f" since {utc(peer.since)}" if peer.since else ""
    yield line(f"{peer.domain}: {peer.state}{since}{f': {peer.why}' if peer.why else ''}")
    transit = ", and others with transit are carried to it" if peer.transit else ""
    dialled = ", ".join(peer.addresses) if peer.addresses else "nowhere: it dials us"
    heard = f", heard {_ago(peer.heard_at)} ago" if peer.heard_at else ""
    yield line(f"It is our {peer.relation}{transit}. We dial {dialled}.")
    yield line(
        f"{peer.agents} of its agents are known here, up to change {peer.version} of its registry{heard}."
    )
    for address, why in peer.lost.items():
        yield line(f"Lost lately, {address or 'dialled by it'}: {why}")
    if peer.lines:
        yield line("")
        yield _lines_table(peer)


def _lines_table(peer: PeerStatus) -> Table:
    rows = [
        (
            one.ours,
            one.line.process,
            one.line.address or "it dialled",
            _ago(one.line.since),
            "yes" if one.line.used else "stands by",
            f"{one.line.rtt_ms:.1f} ± {one.line.jitter_ms:.1f}",
            f"{one.line.messages_out} / {one.line.messages_in}",
            f"{one.line.bytes_out // 1024} / {one.line.bytes_in // 1024}",
            f"{one.line.waiting} / {one.line.unacknowledged}",
            f"{one.line.ratio:.2f}" if one.line.saved_bytes else "",
        )
        for one in peer.lines
    ]
    columns = (
        "ours",
        "theirs",
        "address",
        "for",
        "used",
        "ms",
        "messages",
        "KiB",
        "waiting / unsettled",
        "packed",
    )
    return table(columns, rows)


def _ago(since: float) -> str:
    """How long, for people."""
    if not since:
        return ""
    seconds = max(0, int(time.time() - since))
    for unit, size in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
