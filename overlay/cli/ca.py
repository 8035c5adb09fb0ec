"""`overlay ca`: join tokens and certificates."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.ca.protocol import MakeToken, State, Status
from overlay.cli import ca_credential, ca_issuer, ca_rollover
from overlay.cli.ca_audit import audit
from overlay.cli.ca_policy import policy
from overlay.cli.ca_rekey import rekey
from overlay.cli.ca_requests import approve, deny, requests
from overlay.cli.ca_revocation import crl, restore, revoke
from overlay.cli.certificates import as_dict, is_serial
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import NotFound

app = typer.Typer(
    help="Who is a member: tokens, revocation, credentials, rollover, audit.", rich_markup_mode=None
)
app.add_typer(ca_credential.app, name="credential")
app.add_typer(ca_issuer.app, name="issuer")
app.add_typer(ca_rollover.app, name="rollover")
_COLUMNS = ("name", "role", "state", "until", "serial", "organisation", "function", "skills", "scopes")


@app.command()
def token(
    name: Annotated[str, typer.Argument(help="The name that its holder may take.")],
    skill: Annotated[list[str] | None, typer.Option(help="A skill that it may offer. Repeatable.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="A permission scope that it may have. Repeatable.")
    ] = None,
    organisation: Annotated[str, typer.Option(help="The organisation that it must belong to.")] = "",
    qualification: Annotated[str, typer.Option(help="What must entitle the organisation: a licence.")] = "",
    developer: Annotated[str, typer.Option(help="Who must have made the agent.")] = "",
    function: Annotated[str, typer.Option(help="The function type that it must have.")] = "",
    hours: Annotated[
        float, typer.Option(help="How long the token is good; 0: as the settings say.", min=0)
    ] = 0,
    again: Annotated[bool, typer.Option("--again", help="Replace the present holder of the name.")] = False,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Make a join token: one line that makes one newcomer an agent, once. Pass it on like a password."""
    ask = MakeToken(
        name,
        tuple(skill or ()),
        organisation,
        hours * 3600,
        again,
        qualification=qualification,
        developer=developer,
        function=function,
        scopes=tuple(scope or ()),
    )
    made = run(_token(DomainFolder.open(home), ask))
    if json:
        show_json({"name": name, "token": made})
    else:
        say(made)


@app.command()
def status(
    certificate: Annotated[str, typer.Argument(help="A name, or a certificate's serial in hexadecimal.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """What a certificate is worth: valid, expired or revoked. Exit code 1 when the CA does not know it."""
    found = run(_status(DomainFolder.open(home), certificate))
    if json:
        show_json(as_dict(found))
    elif found.state is State.UNKNOWN:
        raise NotFound(f"this CA issued no certificate to {certificate!r}")
    else:
        show_table(_COLUMNS, [_row(found)], "")
        if found.state is State.REVOKED:
            say(f"revoked at {utc(found.revoked_at)}: {found.reason}")
    if found.state is State.UNKNOWN:
        raise SystemExit(1)


@app.command("list")
def list_certificates(home: Home = HERE, json: Json = False) -> None:
    """Every certificate that the CA issued."""
    found = run(_list(DomainFolder.open(home)))
    if json:
        show_json({"certificates": [as_dict(item) for item in found]})
    else:
        show_table(_COLUMNS, [_row(item) for item in found], "No certificates.")


for command in (revoke, rekey, restore, crl, requests, approve, deny, policy, audit):
    app.command()(command)


async def _token(folder: DomainFolder, ask: MakeToken) -> str:
    async with operator(folder) as hand:
        return await hand.ca.token(ask)


async def _status(folder: DomainFolder, text: str) -> Status:
    async with operator(folder) as hand:
        if is_serial(text):
            return await hand.ca.status(serial=text.lower())
        return await hand.ca.status(name=text)


async def _list(folder: DomainFolder) -> list[Status]:
    found: list[Status] = []
    async with operator(folder) as hand:
        after = 0
        while True:
            page = await hand.ca.list(after)
            found += page.certificates
            if not page.next:
                return found
            after = page.next


def _row(item: Status) -> tuple[str, ...]:
    who = (item.party, item.role, item.state, utc(item.not_after), item.serial)
    return (*who, item.organisation, item.function, ", ".join(item.skills), ", ".join(item.scopes))
