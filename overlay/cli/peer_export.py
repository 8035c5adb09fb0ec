"""`overlay peer export`: our peering file; and below it what of our agents a peer sees (REG-11)."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.cli.files import Output, write_file
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_good, show_json, show_table
from overlay.cli.running import run
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.domain.peering import export_peering
from overlay.naming.ids import check_domain
from overlay.policy.export import ExportPolicy, decode_export, explain_export, parse_export
from overlay.registry.peers.preview import Preview, Seen, preview
from overlay.registry.record import Record
from overlay.registry.registration.client import RegistrationClient
from overlay.text_file import read_text

app = typer.Typer(invoke_without_command=True, rich_markup_mode=None)
File = Annotated[
    Path, typer.Argument(help="The export policy (docs/registry-federation.md), the whole of it.")
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what it would show and hide.")]
Peer = Annotated[str, typer.Argument(help="The peer's domain, or that of a peer to be.")]


@app.callback()
def peering_file(
    context: typer.Context, home: Home = HERE, output: Output = None, json: Json = False
) -> None:
    """Write our peering file, to be handed to the other domain's operator; it holds no secret. Or, with a
    command: what of our agents a peer sees.
    """
    if context.invoked_subcommand is not None:
        return
    folder = DomainFolder.open(home)
    text, fingerprint = export_peering(folder)
    if output is not None:
        write_file(output, text.encode())
    if json:
        file = str(output) if output else ""
        show_json({"fingerprint": fingerprint, "file": file, "peering": text})
        return
    if output is None:
        say(text.rstrip())
        return
    say(f"{output} is for the operator of the other domain: `overlay peer add {output.name}` there.")
    say(f"Let them compare the fingerprint of {load_config(folder.config).domain}: {fingerprint}")


@app.command()
def show(peer: Peer, home: Home = HERE, json: Json = False) -> None:
    """The export policy for a peer, and how many of our agents it sees."""
    now, found = run(_preview(home, check_domain(peer), None))
    if json:
        seen = {"agents": found.agents, "seen": len(found.seen)}
        show_json({"peer": peer, "policy": msgspec.to_builtins(now), **seen})
        return
    for line in explain_export(now):
        say(line)
    say(f"{peer} sees {len(found.seen)} of {found.agents} agents.")


@app.command(name="set")
def set_(
    peer: Peer,
    file: File,
    dry_run: DryRun = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Set what of our agents a peer sees: it is told at once."""
    if dry_run:
        check(peer, file, home, json)
        return
    policy = parse_export(read_text(file), str(file))
    _, found = run(_preview(home, check_domain(peer), policy, keep=True))
    _report(peer, found, done=True, json=json)


@app.command()
def clear(peer: Peer, dry_run: DryRun = False, home: Home = HERE, json: Json = False) -> None:
    """No policy of its own for a peer: what `registry_export` says. It is told at once."""
    _, found = run(_preview(home, check_domain(peer), None, usual=True, keep=not dry_run))
    _report(peer, found, done=not dry_run, json=json)


@app.command()
def check(
    peer: Peer,
    file: Annotated[
        Path | None, typer.Argument(help="Under this policy, instead of the one that is set.")
    ] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """List which agents, skills and topics a peer sees, or would see; and what a file would change. Nothing
    is changed.
    """
    policy = parse_export(read_text(file), str(file)) if file else None
    _, found = run(_preview(home, check_domain(peer), policy))
    known = run(_is_peer(home, peer))
    if json:
        _report(peer, found, done=False, json=True)
        return
    rows = [(one.agent, ", ".join(one.skills), ", ".join(one.topics)) for one in found.seen]
    show_table(("agent", "skills", "topics"), rows, f"{peer} sees none of our agents.")
    if file is None:
        say(f"{peer} sees {len(found.seen)} of {found.agents} agents.")
    else:
        _report(peer, found, done=False, json=False)
    if not known:
        say(f"{peer} is not a peer yet: `overlay peer add` makes it one.")
    if file is not None:
        show_good(file, {}, json=False)


async def _preview(
    home: Path, peer: str, policy: ExportPolicy | None, *, usual: bool = False, keep: bool = False
) -> tuple[ExportPolicy, Preview]:
    async with operator(DomainFolder.open(home)) as hand:
        told = await hand.peers.exports()
        now = decode_export(told.policies.get(peer, told.usual))
        then = decode_export(told.usual) if usual else policy or now
        found = preview(await _agents(hand), peer, now, then)
        if keep:
            await hand.peers.set_export(peer, policy)
        return now, found


async def _is_peer(home: Path, domain: str) -> bool:
    async with operator(DomainFolder.open(home)) as hand:
        return domain in {peer.domain for peer in await hand.peers.all()}


async def _agents(hand: Operator) -> list[Record]:
    return await RegistrationClient(hand.registry).entries()


def _report(peer: str, found: Preview, *, done: bool, json: bool) -> None:
    if json:
        parts = {name: [asdict(one) for one in getattr(found, name)] for name in ("seen", "shown", "hidden")}
        show_json({"peer": peer, "agents": found.agents, "done": done, **parts})
        return
    would = "" if done else "would be "
    for word, changed in (("shown", found.shown), ("hidden", found.hidden)):
        for one in changed:
            say(f"{would}{word}: {_text(one)}")
    if not found.shown and not found.hidden and not done:
        say("Nothing would change.")
    say(f"{peer} {'sees' if done else 'would see'} {len(found.seen)} of {found.agents} agents.")


def _text(one: Seen) -> str:
    parts = [f"skill {skill}" for skill in one.skills] + [f"topic {topic}" for topic in one.topics]
    return f"{one.agent} {', '.join(parts)}".rstrip()
