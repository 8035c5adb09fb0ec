"""What a domain says of itself in one TXT record: its gateway and the digests of its roots (REG-9). Pure.

_overlay.b.example. TXT "v=overlay1; gw=gw@b.example; did=did:web:b.example; root=sha256:…; web=https://…/"
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from overlay.credentials.did import did_of_domain
from overlay.dns.root_digest import parse_digest
from overlay.errors import BadInput, OverlayError
from overlay.naming.ids import PartyId, check_domain
from overlay.trust.bundle import MAX_ROOTS

VERSION = "overlay1"
_MARK = f"v={VERSION}"
_KNOWN = ("gw", "did", "root", "web")
_LONGEST = 4096


@dataclass(frozen=True, slots=True)
class Statement:
    """What one domain says of itself. Raises BadInput, BadName."""

    gateway: PartyId
    roots: tuple[str, ...]
    """Digests of all its roots: one, several while a new one takes over."""
    web: str = ""
    """Where its peering file is, https and with a `/` at its end; empty: `default_web`."""

    def __post_init__(self) -> None:
        if not 1 <= len(self.roots) <= MAX_ROOTS:
            raise BadInput(f"a domain has 1 to {MAX_ROOTS} roots, and this record names {len(self.roots)}")
        if self.web:
            check_web(self.web)

    @property
    def domain(self) -> str:
        """Whose it is."""
        return self.gateway.domain

    @property
    def text(self) -> str:
        """The record's text, which is cut into strings of at most 255 bytes where it is written."""
        fields = [_MARK, f"gw={self.gateway}", f"did={did_of_domain(self.domain)}"]
        fields += [f"root={root}" for root in self.roots]
        return "; ".join([*fields, f"web={self.web}"] if self.web else fields)


def name_of(domain: str) -> str:
    """Where the record is."""
    return f"_overlay.{check_domain(domain)}"


def default_web(domain: str) -> str:
    """Where a domain's peering file is, unless its record says otherwise."""
    return f"https://{domain}/.well-known/"


def check_web(url: str) -> str:
    """`url`, if a peering file can be beneath it and it fits into the record. Raises BadInput."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme == "https" and parts.hostname and not (parts.username or parts.query)
    except ValueError:
        usable = False
    if not usable or not url.endswith("/") or not url.isascii() or any(char in url for char in '; "\\#'):
        raise BadInput(f"{url[:200]!r} cannot be where a peering file is: give https://host/path/")
    return url


def statement_of(domain: str, texts: list[str]) -> Statement | None:
    """What the TXT records at its name say of `domain`; None when none of them is ours.

    Raises BadInput: it is damaged, there are two, or it speaks for another domain.
    """
    found = statement_at(domain, texts)
    if found is not None and found.domain != domain:
        raise BadInput(f"the record of {name_of(domain)} speaks for {found.domain}: refused")
    return found


def statement_at(domain: str, texts: list[str]) -> Statement | None:
    """The same, of whichever domain it is: a host says so whose it is. Raises BadInput."""
    ours = [text for text in texts if _fields(text)[:1] == [_MARK]]
    if not ours:
        return None
    if len(ours) > 1:
        raise BadInput(
            f"the DNS holds {len(ours)} records of {name_of(domain)}, and one is right: its operator has to "
            "remove the old one"
        )
    try:
        return _parse(ours[0])
    except OverlayError as error:
        raise BadInput(f"the record of {name_of(domain)} is malformed: {error}") from error


def _parse(text: str) -> Statement:
    if len(text) > _LONGEST:
        raise BadInput(f"it is longer than {_LONGEST} characters")
    values: dict[str, list[str]] = {key: [] for key in _KNOWN}
    for field in _fields(text)[1:]:
        key, has_value, value = field.partition("=")
        if not has_value:
            raise BadInput(f"{field[:80]!r} is no key=value")
        values.setdefault(key.strip(), []).append(value.strip())
    if len(values["gw"]) != 1 or len(values["web"]) > 1:
        raise BadInput("it names one gw= and at most one web=")
    roots = tuple(_whole(root) for root in values["root"])
    return Statement(PartyId.parse(values["gw"][0]), roots, *values["web"])


def _whole(text: str) -> str:
    digest = parse_digest(text)
    if len(digest) != len("sha256:") + 64:
        raise BadInput(f"{text!r} is half a digest")
    return digest


def _fields(text: str) -> list[str]:
    return [part for field in text.split(";") if (part := field.strip())]
