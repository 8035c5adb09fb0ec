"""`overlay peer far`, `overlay peer introduces`: domains that are no peers, and whose word on them counts."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering import pin_far, read_peering_file
from overlay.errors import BadInput
from overlay.registry.far.protocol import FarDomain
from overlay.registry.peers.protocol import Peer
from overlay.trust.bundle import TrustBundle, fingerprint

app = typer.Typer(help="Domains that are no peers: reached over others.", rich_markup_mode=None)


@app.command()
def add(
    peering: Annotated[Path, typer.Argument(help="The far domain's peering file; - reads standard input.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Pin the roots of a domain that others lead to: no link, and nobody's introduction counts against it."""
    opened = run(pin_far(DomainFolder.open(home), read_peering_file(peering)))
    if json:
        show_json({"domain": opened.peering.domain, "fingerprint": opened.fingerprint})
        return
    say(f"{opened.peering.domain} is believed from now on. Fingerprint of its root: {opened.fingerprint}")


@app.command("list")
def list_far(home: Home = HERE, json: Json = False) -> None:
    """The far domains that are believed: pinned here, or introduced, by whom and over which chain."""
    found = run(_far(DomainFolder.open(home)))
    if json:
        show_json({"far": [_as_dict(far) for far in found]})
        return
    rows = [(far.domain, _why(far), _moment(far.since), _moment(far.told_at)) for far in found]
    show_table(
        ("domain", "believed", "since", "last told"),
        rows,
        "No far domains: each is introduced when it is asked for, or pinned by `overlay peer far add`.",
    )


@app.command()
def remove(
    domain: Annotated[str, typer.Argument(help="The far domain.")], home: Home = HERE, json: Json = False
) -> None:
    """Take a pin, or an introduction, back; who may introduce that domain may do so again."""
    run(_forget(DomainFolder.open(home), domain))
    if json:
        show_json({"domain": domain, "removed": True})
    else:
        say(f"Nothing is believed of {domain} any more.")


def introduces(
    domain: Annotated[str, typer.Argument(help="The peer.")],
    patterns: Annotated[
        list[str] | None,
        typer.Argument(help="Domains: '*' for all, '*.b.example' for all below it, 'c.example'."),
    ] = None,
    nobody: Annotated[bool, typer.Option("--nobody", help="Its word counts for itself only.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Say for the roots of which far domains a peer's word counts. It can lie about them.

    A parent's word counts for all unless domains are named here, that of others for none.
    """
    if bool(patterns) == nobody:
        raise BadInput("name the domains that it may introduce, '*' for all, or --nobody")
    peer = run(_set(DomainFolder.open(home), domain, patterns or []))
    if json:
        show_json({"domain": domain, "introduces": list(peer.introduces)})
        return
    named = ", ".join(peer.introduces)
    whom = (
        f"for {named}"
        if named
        else ("for all: it is a parent" if peer.relation == "parent" else "for nobody")
    )
    say(f"The word of {domain} on other domains' roots counts {whom}.")


async def _far(folder: DomainFolder) -> list[FarDomain]:
    async with operator(folder) as hand:
        return await hand.peers.far()


async def _forget(folder: DomainFolder, domain: str) -> None:
    async with operator(folder) as hand:
        await hand.peers.far_forget(domain)


async def _set(folder: DomainFolder, domain: str, patterns: list[str]) -> Peer:
    async with operator(folder) as hand:
        return await hand.peers.set_introducing(domain, patterns)


def _why(far: FarDomain) -> str:
    return f"introduced by {' ← '.join(reversed(far.chain))}" if far.by else "pinned here"


def _moment(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _as_dict(far: FarDomain) -> dict[str, object]:
    roots = TrustBundle.from_bytes(far.bundle).roots
    return {
        "domain": far.domain,
        "by": far.by,
        "chain": list(far.chain),
        "since": far.since,
        "told_at": far.told_at,
        "epoch": far.epoch,
        "fingerprints": [fingerprint(root) for root in roots],
    }
