"""`overlay did`: documents of agents, domains and strangers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import orjson
import typer

from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.sources import resolver_at
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json
from overlay.cli.running import run
from overlay.cli.whose import Own, Whose, home_of
from overlay.credentials.did import did_of_domain, party_of_did
from overlay.credentials.did_document import DidDocument, agent_document, domain_document
from overlay.credentials.export import export as export_documents
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import Operator, operator
from overlay.errors import BadInput
from overlay.naming.ids import CA, PartyId
from overlay.trust import profile
from overlay.trust.identity import Role
from overlay.trust.keycard import KeyCard, make_card, open_card

app = typer.Typer(help="DID documents: whose key is whose, as the W3C writes it.", rich_markup_mode=None)


@app.command()
def show(
    who: Annotated[str, typer.Argument(help="An agent, as name or name@domain, or any did:web or did:key.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """The DID document of an agent, a domain or a stranger; proved as its method says."""
    folder = DomainFolder.open(home)
    _print(run(_show(folder, who)), as_json=json)


@app.command()
def document(
    me: Whose = "",
    own: Own = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """The DID document of an agent, from its own keys; its domain is not asked."""
    found, settings = home_of(home, me, own)
    party = found.load(settings)
    now = party.clock()
    card = open_card(make_card(party.credentials, now), party.trust_store(), now)
    _print(agent_document(card), as_json=json)


@app.command()
def export(
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="The folder that a web server serves as the root of the domain."),
    ],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Write the documents of this domain and of its agents, and its list of revoked credentials, as files."""
    files = run(_export(DomainFolder.open(home), output))
    if json:
        show_json({"files": [str(file) for file in files]})
    else:
        for file in files:
            say(str(file))


async def _show(folder: DomainFolder, who: str) -> DidDocument:
    async with operator(folder) as hand:
        own = hand.endpoint.me.domain
        did = who if who.startswith("did:") else _party(who, own).did
        if did == did_of_domain(own):
            return await _of_domain(hand)
        return await resolver_at(hand.endpoint).resolve(did)


async def _export(folder: DomainFolder, out: Path) -> list[Path]:
    async with operator(folder) as hand:
        documents = [await _of_domain(hand), *(agent_document(card) for card in await _cards(hand))]
        status = await CredentialClient(hand.endpoint).status()
    return export_documents(documents, status, out)


async def _cards(hand: Operator) -> list[KeyCard]:
    """Of all agents that are registered in our domain."""
    found: dict[str, bytes] = {}
    log, since, more = "", 0, True
    while more:
        page = await hand.peers.changes(log, since)
        found |= {record.party: record.card for record in page.records}
        for party in page.gone:
            found.pop(party, None)
        log, since, more = page.log, page.version, page.more
    now = hand.endpoint.party.clock()
    return [open_card(found[party], hand.endpoint.trust, now) for party in sorted(found)]


async def _of_domain(hand: Operator) -> DidDocument:
    """Our CA's service certificate is on the card of the domain."""
    raw = hand.endpoint.party.domain_card.services[CA]
    card = open_card(raw, hand.endpoint.trust, hand.endpoint.party.clock())
    if card.identity.role is not Role.SERVICE:
        raise BadInput("the domain card names no CA: fetch a new one from the domain")
    return domain_document(hand.endpoint.me.domain, profile.public_key_of(card.certificate))


def _party(text: str, own: str) -> PartyId:
    return PartyId.parse(text) if "@" in text else PartyId.of(text, own)


def _print(found: DidDocument, *, as_json: bool) -> None:
    if as_json:
        show_json(dict(found.content))
        return
    party = party_of_did(found.id)
    say(printable(f"{found.id}{f'  ({party})' if party else ''}"))
    for what, names in (
        ("proves itself by", found.authentication),
        ("vouches by", found.assertion),
        ("is sealed to by", found.agreement),
    ):
        for name in names:
            say(printable(f"  {what} {name}"))
    services = found.content.get("service", [])
    for service in services if isinstance(services, list) else []:
        where = service.get("serviceEndpoint") if isinstance(service, dict) else service
        say(printable(f"  is at {orjson.dumps(where).decode()}"))
