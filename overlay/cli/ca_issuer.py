"""`overlay ca issuer`: whose credentials count in this domain."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.protocol import IssuerAdd
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table
from overlay.cli.running import run
from overlay.credentials.issuers import Voucher
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator

app = typer.Typer(help="Whose credentials count here, beside the CA's own.", rich_markup_mode=None)
_WHEN = "agents notice within credential_issuers_s (docs/settings.md)"
Did = Annotated[str, typer.Argument(help="The issuer: did:web:b.example, did:key:z6Mk…")]


@app.command()
def add(
    did: Did,
    kind: Annotated[
        list[str], typer.Option("--type", help="Which credentials it may vouch for; * for any. Repeatable.")
    ],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Let an issuer vouch for these types, in place of those before."""
    run(_add(DomainFolder.open(home), IssuerAdd(did, tuple(kind))))
    if json:
        show_json({"issuer": did, "types": kind})
    else:
        say(f"{did} may vouch for {', '.join(kind)}; {_WHEN}")


@app.command("list")
def list_issuers(home: Home = HERE, json: Json = False) -> None:
    """The trust list."""
    found = run(_list(DomainFolder.open(home)))
    if json:
        show_json({"issuers": [{"did": one.did, "types": list(one.types)} for one in found]})
    else:
        rows = [(one.did, ", ".join(one.types)) for one in found]
        show_table(("issuer", "types"), rows, "Nobody but this domain's own CA.")


@app.command()
def remove(did: Did, home: Home = HERE, json: Json = False) -> None:
    """Let it vouch for nothing any more."""
    run(_remove(DomainFolder.open(home), did))
    if json:
        show_json({"removed": did})
    else:
        say(f"{did} vouches for nothing here any more; {_WHEN}")


async def _add(folder: DomainFolder, ask: IssuerAdd) -> None:
    async with operator(folder) as hand:
        await CredentialClient(hand.endpoint).issuer_add(ask)


async def _list(folder: DomainFolder) -> tuple[Voucher, ...]:
    async with operator(folder) as hand:
        return (await CredentialClient(hand.endpoint).issuers()).issuers


async def _remove(folder: DomainFolder, did: str) -> None:
    async with operator(folder) as hand:
        await CredentialClient(hand.endpoint).issuer_remove(did)
