"""Decentralised identifiers: DID Core 1.0 section 3, did:web and its URL, and our agents among them. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from overlay.errors import BadName
from overlay.naming.ids import PartyId, check_domain, check_name

MAX_DID = 1000
_IDCHAR = r"(?:[A-Za-z0-9._-]|%[0-9A-Fa-f]{2})"
_DID = re.compile(rf"did:([a-z0-9]+):((?:{_IDCHAR}*:)*{_IDCHAR}+)\Z")
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_REST = re.compile(
    rf"(?P<path>(?:/{_PCHAR}*)*)(?:\?(?P<query>(?:{_PCHAR}|[/?])*))?(?:#(?P<fragment>(?:{_PCHAR}|[/?])*))?\Z"
)
_SEGMENT = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*\Z")
_PORT = re.compile(r"[1-9][0-9]{0,4}\Z")
_AGENTS = "agents"


@dataclass(frozen=True, slots=True)
class Did:
    """An identifier that follows the grammar. Made by `parse`."""

    method: str
    specific: str
    """The method-specific identifier."""

    @classmethod
    def parse(cls, text: str) -> Did:
        """Raises BadName."""
        match = _DID.match(text) if len(text) <= MAX_DID else None
        if match is None:
            raise BadName(f"{text[:80]!r} is no DID: write 'did:web:a.example' or 'did:key:z…'")
        return cls(match[1], match[2])

    def __str__(self) -> str:
        return f"did:{self.method}:{self.specific}"


@dataclass(frozen=True, slots=True)
class DidUrl:
    """A DID with what may follow it; a `fragment` names a part of its document, None: none is named."""

    did: Did
    path: str = ""
    query: str | None = None
    fragment: str | None = None

    @classmethod
    def parse(cls, text: str) -> DidUrl:
        """Raises BadName."""
        end = min((at for sign in "/?#" if (at := text.find(sign)) >= 0), default=len(text))
        did = Did.parse(text[:end])
        rest = _REST.match(text[end:]) if len(text) <= MAX_DID else None
        if rest is None:
            raise BadName(f"{text[:80]!r} is no DID URL: what follows the DID is malformed")
        return cls(did, rest["path"], rest["query"], rest["fragment"])

    def __str__(self) -> str:
        query = "" if self.query is None else f"?{self.query}"
        fragment = "" if self.fragment is None else f"#{self.fragment}"
        return f"{self.did}{self.path}{query}{fragment}"


def did_of_domain(domain: str) -> str:
    """The DID of a domain, under which its CA speaks. Raises BadName."""
    return f"did:web:{check_domain(domain)}"


def domain_of_did(text: str) -> str | None:
    """The domain whose DID this is, if it can be one of the overlay's."""
    try:
        did = Did.parse(text)
        return check_domain(did.specific) if did.method == "web" else None
    except BadName:
        return None


def party_of_did(text: str) -> PartyId | None:
    """The agent whose DID this is (`PartyId.did`), if it can be one of the overlay's."""
    try:
        did = Did.parse(text)
        domain, *rest = did.specific.split(":")
        if did.method != "web" or len(rest) != 2 or rest[0] != _AGENTS:
            return None
        return PartyId(check_name(rest[1]), check_domain(domain))
    except BadName:
        return None


def web_url(did: Did) -> str:
    """Where the document of a did:web is (did:web method, section 2.5.2). Raises BadName.

    Stricter than the method: a lower-case DNS name with at most a port, and a path of plain words.
    """
    host, *path = did.specific.split(":")
    name, has_port, port = host.replace("%3a", "%3A").partition("%3A")
    check_domain(name)
    if did.method != "web" or name.rpartition(".")[2].isdigit():
        raise BadName(f"{did} is no did:web of a DNS name")
    if has_port and not (_PORT.match(port) and int(port) < 1 << 16):
        raise BadName(f"{did} has a malformed port")
    if not all(_SEGMENT.match(segment) for segment in path):
        raise BadName(f"{did} has a path that is not made of plain words")
    authority = f"{name}:{port}" if has_port else name
    return f"https://{authority}/{'/'.join(path) or '.well-known'}/did.json"
