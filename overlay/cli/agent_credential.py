"""`overlay agent credential`: what an agent can show of itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.whose import Own, Whose, home_of
from overlay.credentials.credential import Credential
from overlay.credentials.wallet import FOLDER, Wallet
from overlay.naming.ids import PartyId
from overlay.text_file import read_text

app = typer.Typer(help="The credentials that an agent holds.", rich_markup_mode=None)


@app.command()
def add(
    credential: Annotated[Path, typer.Argument(help="The file with it, a JWT; - reads standard input.")],
    me: Whose = "",
    home: Home = HERE,
    own: Own = None,
    json: Json = False,
) -> None:
    """Keep a credential of another issuer (those of the domain's own CA come by themselves)."""
    wallet, party = _wallet(home, me, own)
    added = wallet.add(read_text(credential).strip(), party)
    if json:
        show_json(_as_dict(added))
    else:
        say(f"{added.type} by {added.issuer}, until {utc(added.valid_until)}")


@app.command("list")
def list_credentials(me: Whose = "", home: Home = HERE, own: Own = None, json: Json = False) -> None:
    """What the agent holds; whether it counts, its verifiers say."""
    wallet, _ = _wallet(home, me, own)
    found = wallet.held()
    if json:
        show_json({"credentials": [_as_dict(one) for one in found]})
    else:
        rows = [(one.type, one.issuer, utc(one.valid_until), one.id) for one in found]
        show_table(("type", "issuer", "until", "id"), rows, "No credentials.")


@app.command()
def remove(
    credential: Annotated[str, typer.Argument(help="Its ID, as `list` shows it.")],
    me: Whose = "",
    home: Home = HERE,
    own: Own = None,
    json: Json = False,
) -> None:
    """Forget a credential. One of the domain's own CA comes back until it is revoked there."""
    wallet, _ = _wallet(home, me, own)
    wallet.remove(credential)
    if json:
        show_json({"removed": credential})
    else:
        say(f"removed: {credential}")


def _wallet(home: Path, me: str, own: Path | None) -> tuple[Wallet, PartyId]:
    found, settings = home_of(home, me, own)
    return Wallet(found.folder / FOLDER, settings), found.load(settings).id


def _as_dict(one: Credential) -> dict[str, object]:
    return {
        "type": one.type,
        "issuer": one.issuer,
        "subject": one.subject,
        "claims": dict(one.claims),
        "valid_until": one.valid_until,
        "id": one.id,
    }
