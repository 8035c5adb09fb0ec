"""`overlay dns`: how other domains find this one."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json
from overlay.cli.running import run
from overlay.dns.formats import Format, as_text
from overlay.dns.lookup import DnsLookup, Said
from overlay.domain.dns_export import good_until, records_of, write_web
from overlay.domain.folder import DomainFolder
from overlay.naming.ids import check_domain
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerAddress

app = typer.Typer(help="How other domains find this one: records for the DNS.", rich_markup_mode=None)


@app.command()
def export(
    form: Annotated[
        Format,
        typer.Option("--format", help="zone: lines of a zone file; commands: for `nsupdate`."),
    ] = Format.ZONE,
    web: Annotated[
        Path | None,
        typer.Option(help="Write the files, too, that a web server serves: into this, its root folder."),
    ] = None,
    web_url: Annotated[
        str,
        typer.Option(
            help="Where they are served, if not at https://DOMAIN/.well-known/; with a / at its end."
        ),
    ] = "",
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Write the records by which others find this domain's gateway, roots and brokers, what is missing."""
    folder = DomainFolder.open(home)
    files = write_web(folder, web) if web else []
    found = records_of(folder, web_url, written=web is not None)
    ttl_s, until = load_settings(folder.settings).dns_ttl_s, good_until(folder)
    if json:
        told = {"domain": found.domain, "ttl_s": ttl_s, "files_good_until": until.timestamp()}
        records = [asdict(record) for record in found.records]
        show_json(
            {**told, "records": records, "missing": found.missing, "files": [str(file) for file in files]}
        )
        return
    say(as_text(found, form, ttl_s))
    for file in files:
        say(f"; {file} is written, and good until {until:%Y-%m-%d}: write it again before")


@app.command()
def show(
    domain: Annotated[str, typer.Argument(help="Any domain.")], home: Home = HERE, json: Json = False
) -> None:
    """What the DNS says of a domain. Nothing is pinned."""
    settings = load_settings(DomainFolder.open(home).settings)
    said, brokers = run(_ask(settings, check_domain(domain)))
    if json:
        show_json(
            {
                "domain": domain,
                "gateway": str(said.statement.gateway),
                "roots": said.statement.roots,
                "web": said.statement.web,
                "brokers": [str(broker) for broker in brokers],
                "validated": said.validated,
                "resolver": said.resolver,
            }
        )
        return
    word = (
        "validated by DNSSEC" if said.validated else "not validated: anybody on the way could have forged it"
    )
    say(f"{domain}: gateway {said.statement.gateway}, by the resolver {said.resolver}, {word}")
    for root in said.statement.roots:
        say(f"root    {root}")
    for broker in brokers:
        say(f"broker  {printable(str(broker))}")


async def _ask(settings: Settings, domain: str) -> tuple[Said, tuple[BrokerAddress, ...]]:
    lookup = DnsLookup(settings)
    return await lookup.statement(domain), await lookup.brokers(domain)
