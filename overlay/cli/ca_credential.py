"""`overlay ca credential`: what the CA says of agents, for others to rely on."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.protocol import (
    CredentialIssued,
    CredentialRevoked,
    IssueCredential,
    IssuedCredential,
)
from overlay.cli.files import write_file
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import BadInput, Unavailable
from overlay.naming.ids import PartyId

app = typer.Typer(help="Verifiable credentials: what the CA says of agents.", rich_markup_mode=None)


@app.command()
def issue(
    name: Annotated[str, typer.Argument(help="An agent of this domain.")],
    kind: Annotated[str, typer.Option("--type", help="What it is, such as medical-qualification.")],
    claim: Annotated[list[str] | None, typer.Option(help="What else is said: key=value. Repeatable.")] = None,
    days: Annotated[float, typer.Option(help="How long it is good; 0: as the settings say.", min=0)] = 0,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it, a JWT, into this file for its agent.")
    ] = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Vouch for an agent. It gets its credential from the CA by itself, and shows it where it is wanted; for
    its entry, it is given to `Profile(credentials=…)` (docs/credentials.md).
    """
    ask = IssueCredential(name, kind, dict(_claim(text) for text in claim or ()), days)
    made = run(_issue(DomainFolder.open(home), ask))
    if output is not None:
        write_file(output, f"{made.jwt}\n".encode())
    if json:
        show_json({"id": made.id, "jwt": made.jwt})
    else:
        say(made.id)


@app.command("list")
def list_credentials(
    name: Annotated[str, typer.Argument(help="Of one agent only.")] = "",
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Every credential that the CA issued."""
    found = run(_list(DomainFolder.open(home), name))
    if json:
        show_json({"credentials": [_as_dict(item) for item in found]})
    else:
        columns = ("agent", "type", "state", "until", "id", "claims")
        show_table(columns, [_row(item) for item in found], "No credentials.")


@app.command()
def revoke(
    credential: Annotated[str, typer.Argument(help="Its ID: urn:uuid:…")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Take a credential back: at once where the registry's news arrives, elsewhere with the next list."""
    ended = run(_revoke(DomainFolder.open(home), credential))
    if json:
        show_json({"revoked": _as_dict(ended.credential), "pending": ended.pending})
    else:
        say(f"revoked: {ended.credential.type} of {ended.credential.name}")
    if ended.pending:
        raise Unavailable("revoked, but the registry could not be told: it counts with the next status list")


async def _issue(folder: DomainFolder, ask: IssueCredential) -> CredentialIssued:
    async with operator(folder) as hand:
        return await CredentialClient(hand.endpoint).issue(_local(ask, hand.endpoint.me))


async def _list(folder: DomainFolder, name: str) -> list[IssuedCredential]:
    async with operator(folder) as hand:
        return await CredentialClient(hand.endpoint).issued(name)


async def _revoke(folder: DomainFolder, credential: str) -> CredentialRevoked:
    async with operator(folder) as hand:
        return await CredentialClient(hand.endpoint).revoke(credential)


def _local(ask: IssueCredential, me: PartyId) -> IssueCredential:
    """With the name alone, where `name@domain` was given."""
    if "@" not in ask.name:
        return ask
    party = PartyId.parse(ask.name)
    if party.domain != me.domain:
        raise BadInput(f"the CA of {me.domain} vouches for its own agents only, not for {party}")
    return IssueCredential(party.name, ask.type, ask.claims, ask.days)


def _claim(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign:
        raise BadInput(f"{text!r} is no claim: write key=value, such as field=surgery")
    return name, value


def _row(item: IssuedCredential) -> tuple[str, ...]:
    claims = ", ".join(f"{name}={value}" for name, value in item.claims.items())
    state = f"revoked {utc(item.revoked_at)}" if item.revoked_at else "good"
    return (item.name, item.type, state, utc(item.valid_until), item.id, claims)


def _as_dict(item: IssuedCredential) -> dict[str, object]:
    return {
        "agent": item.name,
        "type": item.type,
        "claims": item.claims,
        "id": item.id,
        "issued_at": item.issued_at,
        "valid_until": item.valid_until,
        "revoked_at": item.revoked_at,
    }
