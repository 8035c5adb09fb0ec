"""How an agent is written: `name@domain`, as a DID, or as a URL (GW-7). Pure.

did:web:b.example:agents:bob      segment by segment: method, domain, `agents`, name
https://b.example/agents/bob      the host is the domain, or the DNS says whose host it is
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from overlay.errors import BadName
from overlay.naming.ids import PartyId, check_domain, check_name

_AGENTS = "agents"
_DID = "did:"
_URLS = ("https://", "http://")


@dataclass(frozen=True, slots=True)
class AtHost:
    """An agent by its URL: of the domain that this host belongs to."""

    name: str
    host: str


Address = PartyId | AtHost


def is_address(text: str) -> bool:
    """Whether it names an agent, well or badly; else it is a skill, or a sentence."""
    return "@" in text or text.lower().startswith((_DID, *_URLS))


def parse_address(text: str) -> Address:
    """Raises BadName, which says what of it is wrong."""
    written = text.strip()
    lower = written.lower()
    if lower.startswith(_DID):
        return _of_did(written)
    if lower.startswith(_URLS):
        return _of_url(written)
    return PartyId.parse(written)


def _of_did(text: str) -> PartyId:
    """As `PartyId.did` writes it."""
    parts = text.split(":")
    usual = "write 'did:web:DOMAIN:agents:NAME', such as 'did:web:b.example:agents:bob'"
    if parts[1] != "web":
        raise BadName(
            f"{text[:120]!r} is a DID of the method {parts[1][:20]!r}, agents have did:web: {usual}"
        )
    if len(parts) != 5 or parts[3] != _AGENTS:
        raise BadName(f"{text[:120]!r} is the DID of no agent: {usual}")
    try:
        return PartyId(check_name(parts[4]), check_domain(parts[2]))
    except BadName as error:
        raise BadName(f"{text[:120]!r} is the DID of no agent: {error}") from error


def _of_url(text: str) -> AtHost:
    usual = "write 'https://HOST/agents/NAME', such as 'https://b.example/agents/bob'"
    try:
        parts = urlsplit(text)
        plain = parts.scheme == "https" and not (
            parts.username or parts.port or parts.query or parts.fragment
        )
        host = (parts.hostname or "").removesuffix(".")
    except ValueError as error:
        raise BadName(f"{text[:120]!r} is no URL: {error}; {usual}") from error
    match parts.path.split("/"):
        case ["", "agents", name] | ["", "agents", name, ""] if plain:
            try:
                return AtHost(check_name(name), check_domain(host))
            except BadName as error:
                raise BadName(f"{text[:120]!r} is the URL of no agent: {error}") from error
        case _:
            raise BadName(f"{text[:120]!r} is the URL of no agent: {usual}")
