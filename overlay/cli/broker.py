"""`overlay broker`: a domain on a broker that somebody else runs."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.options import HERE, Home
from overlay.cli.printing import say
from overlay.domain.broker_files import Place, write_broker_files
from overlay.domain.folder import DomainFolder

app = typer.Typer(help="The domain on a broker that is there already.", rich_markup_mode=None)
_ANY = str(ipaddress.IPv4Address(0))


@app.callback()
def _group() -> None:
    """The domain on a broker that is there already."""


@app.command()
def config(
    output: Annotated[Path, typer.Argument(help="The folder to write; made when it is not there.")],
    home: Home = HERE,
    at: Annotated[
        Path | None, typer.Option(help="Where the broker will see this folder.", show_default="the same")
    ] = None,
    listen: Annotated[str, typer.Option(help="The address that the broker listens on.")] = _ANY,
    store: Annotated[
        Path | None, typer.Option(help="NATS: where it keeps messages.", show_default="store in the folder")
    ] = None,
) -> None:
    """Write what the broker needs: configuration, certificate, key. Hand it over like a password."""
    place = Place(at or output.expanduser().absolute(), listen, store)
    names = write_broker_files(DomainFolder.open(home), output, place)
    say(f"{output} holds {', '.join(names)}, for a broker that sees them in {place.at}.")
    say("Give it to the broker's user (chown) and restart the broker; broker-config/README.md says more.")
