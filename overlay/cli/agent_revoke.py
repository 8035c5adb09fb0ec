"""`overlay agent revoke`: an agent ends its own certificates."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.ca.client import CaClient
from overlay.ca.protocol import Reason
from overlay.ca.revocation.following import Following
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home as AgentHome
from overlay.endpoint.party import Party
from overlay.errors import BadInput, Unavailable
from overlay.settings import load_settings


def revoke(
    reason: Annotated[Reason, typer.Option(help="Why.")] = Reason.RETIRED,
    me: Annotated[str, typer.Option("--as", help="Which agent of the domain.")] = "",
    own: Annotated[
        Path | None, typer.Option("--agent-home", help="The agent's own folder, instead of --as.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """End the agent's own certificates: its key leaked, or it is needed no more. Nothing takes that back but
    the operator.
    """
    party = _party(home, me, own)
    if not yes:
        typer.confirm(f"End all certificates of {party.id} now?", abort=True, err=True)
    run(_revoke(party, reason))
    if json:
        show_json({"revoked": str(party.id), "reason": reason})
    else:
        say(f"revoked: {party.id}")


def _party(home: Path, me: str, own: Path | None) -> Party:
    if bool(me) == (own is not None):
        raise BadInput("say which agent ends: --agent-home FOLDER, or --as NAME in a domain's folder")
    folder = own or DomainFolder.open(home).agent(me)
    return AgentHome(folder).load(load_settings())


async def _revoke(party: Party, reason: Reason) -> None:
    async with Endpoint.open(party) as endpoint:
        Following(endpoint, from_now=True)
        try:
            await CaClient(endpoint).revoke(reason, name=party.id.name)
        except Unavailable:
            # The CA's answer hardly reaches one whose connection it has closed; its signed news did.
            if not endpoint.trust.denies(party.id.domain, endpoint.identity.serial):
                raise
