"""`overlay agent revoke`: an agent ends its own certificates."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.agent.errand import errand
from overlay.ca.client import CaClient
from overlay.ca.protocol import Reason
from overlay.ca.revocation.following import Following
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.cli.whose import Own, Whose, home_of
from overlay.endpoint.home import Home as AgentHome
from overlay.endpoint.party import Party
from overlay.errors import Unavailable


def revoke(
    reason: Annotated[Reason, typer.Option(help="Why.")] = Reason.RETIRED,
    me: Whose = "",
    own: Own = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """End the agent's own certificates: its key leaked, or it is needed no more. Nothing takes that back but
    the operator.
    """
    found, settings = home_of(home, me, own)
    party = found.load(settings)
    if not yes:
        typer.confirm(f"End all certificates of {party.id} now?", abort=True, err=True)
    run(_revoke(party, found, reason))
    if json:
        show_json({"revoked": str(party.id), "reason": reason})
    else:
        say(f"revoked: {party.id}")


async def _revoke(party: Party, home: AgentHome, reason: Reason) -> None:
    async with errand(party, home) as endpoint:
        Following(endpoint, from_now=True)
        try:
            await CaClient(endpoint).revoke(reason, name=party.id.name)
        except Unavailable:
            # The CA's answer hardly reaches one whose connection it has closed; its signed news did.
            if not endpoint.trust.denies(party.id.domain, endpoint.identity.serial):
                raise
