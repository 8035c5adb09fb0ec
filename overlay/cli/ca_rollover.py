"""`overlay ca rollover`: from one root of the domain to the next, without anybody being cut off."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from overlay.ca.protocol import Op
from overlay.ca.roots.protocol import Holder, Phase, Rollover, RolloverState, Step
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import Unavailable
from overlay.naming.ids import CA
from overlay.wire.request import decode_struct, encode_struct

app = typer.Typer(help="Replace the domain's root, in steps.", rich_markup_mode=None)
_COLUMNS = ("name", "role", "until", "serial")


@app.command()
def start(home: Home = HERE, json: Json = False) -> None:
    """Make a new root and announce it. When all had time to hear of it, it issues, and everybody renews."""
    folder = DomainFolder.open(home)
    state = run(take(folder, Rollover(Step.START)))
    if json:
        show_json(_as_dict(state))
        return
    say(f"The new root is announced, and issues from {utc(state.issues_at)} on: {state.roots[-1]}")
    if not load_config(folder.config).managed:
        say("The broker is run by somebody else: write its files again (`overlay broker`), and have it read")
        say("them before that time. The new root does not issue before the broker takes it.")
    say("`overlay ca rollover status` says how far it is, and when `overlay ca rollover finish` can end it.")


@app.command()
def status(home: Home = HERE, json: Json = False) -> None:
    """How far it is: which root issues, who has not renewed, who has not heard of the new root."""
    state = run(take(DomainFolder.open(home), Rollover(Step.STATUS)))
    if json:
        show_json(_as_dict(state))
        return
    for line in describe(state):
        say(line)
    if state.holders:
        show_table(_COLUMNS, [_row(holder) for holder in state.holders], "")


@app.command()
def finish(
    force: Annotated[
        bool, typer.Option("--force", help="Revoke the certificates of those who have not renewed.")
    ] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Trust the old root no longer. Refused while somebody holds certificates of it only."""
    state = run(take(DomainFolder.open(home), Rollover(Step.FINISH, force)))
    if json:
        show_json(_as_dict(state))
        return
    for holder in state.holders:
        say(f"revoked: {holder.name} ({holder.role}), serial {holder.serial}")
    say(f"The old root is gone. The domain's root is {state.roots[0]}")


@app.command()
def abort(home: Home = HERE, json: Json = False) -> None:
    """Take the new root back, as long as it has issued nothing."""
    state = run(take(DomainFolder.open(home), Rollover(Step.ABORT)))
    if json:
        show_json(_as_dict(state))
    else:
        say(f"Everything is as before. The domain's root is {state.roots[0]}")


async def take(folder: DomainFolder, ask: Rollover) -> RolloverState:
    """Take a step. Raises Refused, Unreachable."""
    try:
        return await _ask(folder, ask)
    except Unavailable:
        state = await _ask(folder, Rollover(Step.STATUS))
        wanted = (Phase.ANNOUNCED, Phase.ISSUING) if ask.step is Step.START else (Phase.NONE,)
        if state.phase not in wanted:
            raise
        return state  # it was done: the broker let go of us when it read its files again


async def _ask(folder: DomainFolder, ask: Rollover) -> RolloverState:
    async with operator(folder) as hand:
        answer = await hand.endpoint.ask_service(CA, Op.ROLLOVER, encode_struct(ask))
    return decode_struct(answer, RolloverState)


def describe(state: RolloverState) -> list[str]:
    """For people."""
    lines = [f"The root that issues, until {utc(state.root_ends)}: {state.roots[0]}"]
    if state.phase is Phase.NONE:
        return [*lines, "No rollover is under way."]
    if state.phase is Phase.ANNOUNCED:
        lines.append(f"Announced, to issue from {utc(state.issues_at)} on: {state.roots[-1]}")
    else:
        lines.append(f"The old root is trusted still: {state.roots[-1]}")
        still = f"{len(state.holders)} have not renewed yet"
        lines.append(still if state.holders else "All have renewed: `overlay ca rollover finish` ends it.")
    if state.note:
        lines.append(f"Waiting: {state.note}")
    if state.behind:
        lines.append(f"Not heard of the newest card of the domain: {', '.join(state.behind)}")
    return lines


def _row(holder: Holder) -> tuple[str, ...]:
    return (holder.name, holder.role, utc(holder.not_after), holder.serial)


def _as_dict(state: RolloverState) -> dict[str, object]:
    found: dict[str, object] = msgspec.to_builtins(state)
    return found
