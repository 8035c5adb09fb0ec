"""Finding a peer by its name: its records, the peering file on its web server, and who vouches (REG-9).

What has to be right are the roots. They are believed on the operator's word (`--fingerprint`), on that of a
DNS zone validated by DNSSEC, or, if the operator says so, on that of the DNS as it is. Where the file is from
does not matter then: one with any other root is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from overlay.clock import system_clock
from overlay.credentials.web import Absent, HttpsWeb
from overlay.dns.lookup import DnsLookup, Said
from overlay.dns.root_digest import is_among, parse_digest, root_digest
from overlay.dns.statement import default_web, name_of
from overlay.domain.config import load_config
from overlay.domain.dns_export import PEERING, answer_name
from overlay.domain.folder import DomainFolder
from overlay.domain.peering_file import MAX_BYTES, OpenedPeering, read_peering
from overlay.errors import BadCredential, BadInput, NotFound, Refused, Untrusted
from overlay.naming.ids import check_domain
from overlay.settings import load_settings
from overlay.transport.address import BrokerAddress

_TYPES = ("text/plain",)


class Word(StrEnum):
    """On whose word roots are believed."""

    OPERATOR = "the fingerprint that you gave"
    DNSSEC = "the DNS, validated by DNSSEC"
    DNS = "the DNS, which anybody on the way could have forged"


@dataclass(frozen=True, slots=True)
class FoundPeer:
    """A peering file that holds the roots that somebody vouched for."""

    text: str
    opened: OpenedPeering
    word: Word
    resolver: str
    """Which one said so; empty when the DNS had no record."""
    url: str
    brokers: tuple[BrokerAddress, ...]
    """Where the DNS says that its brokers are, best first."""

    @property
    def roots(self) -> list[str]:
        """Digests of what is about to be pinned."""
        return [root_digest(root) for root in self.opened.bundle.roots]


async def find_peer(
    folder: DomainFolder, domain: str, fingerprints: Sequence[str] = (), *, trust_dns: bool = False
) -> FoundPeer:
    """The peering file of `domain`: its answer to us, where there is one, else the one for everybody.

    Raises BadName, BadInput, NotFound, Refused (nobody vouches), Untrusted (other roots), Unavailable.
    """
    given = tuple(parse_digest(text) for text in fingerprints)
    ours, settings = load_config(folder.config).domain, load_settings(folder.settings)
    if check_domain(domain) == ours:
        raise BadInput(f"this is {ours} itself: name the domain to federate with")
    lookup = DnsLookup(settings)
    said = await _said(lookup, domain, optional=bool(given))
    word = _word(domain, said, given=bool(given), trust_dns=trust_dns)
    base = (said.statement.web if said else "") or default_web(domain)
    url, text = await _file(
        HttpsWeb(settings, lookup.addresses if settings.dns_servers else None), base, ours
    )
    opened = read_peering(text, system_clock())
    _check(opened, domain, given or (said.statement.roots if said else ()), word, url)
    return FoundPeer(text, opened, word, said.resolver if said else "", url, await lookup.brokers(domain))


async def _said(lookup: DnsLookup, domain: str, *, optional: bool) -> Said | None:
    try:
        return await lookup.statement(domain)
    except NotFound as error:
        if optional:
            return None
        raise NotFound(
            f"{domain} is not to be found by DNS: {error}. `overlay dns export` there writes its records; "
            "or peer with a file"
        ) from error


def _word(domain: str, said: Said | None, *, given: bool, trust_dns: bool) -> Word:
    if given:
        return Word.OPERATOR
    if said is not None and said.validated:
        return Word.DNSSEC
    if trust_dns:
        return Word.DNS
    raise Refused(
        f"nobody vouches for what the DNS says of {domain}: its zone is not signed, or the resolver "
        f"{said.resolver if said else ''} does not validate (DNSSEC) or is not on this machine. Ask its "
        "operator for its root's fingerprint and add --fingerprint sha256:…, or trust the DNS by --trust-dns"
    )


async def _file(web: HttpsWeb, base: str, ours: str) -> tuple[str, str]:
    try:
        for url in (base + answer_name(ours), base + PEERING):
            try:
                return url, (await web.get(url, _TYPES, MAX_BYTES)).decode("ascii", "replace")
            except Absent:
                continue
    except BadCredential as error:
        raise Untrusted(f"the peering file cannot be used: {error}") from error
    raise NotFound(
        f"there is no peering file at {base + PEERING}: `overlay dns export --web FOLDER` in that domain "
        "writes it for its web server; or peer with a file"
    )


def _check(opened: OpenedPeering, domain: str, roots: Sequence[str], word: Word, url: str) -> None:
    """All its roots: with one more than was vouched for, somebody else could speak for the domain."""
    if opened.peering.domain != domain:
        raise Untrusted(f"{url} holds the peering file of {opened.peering.domain}, not of {domain}: refused")
    strange = [root_digest(root) for root in opened.bundle.roots if not is_among(root, roots)]
    if strange:
        raise Untrusted(
            f"{url} holds a root of {domain} with the fingerprint {strange[0]}, which is none of those that "
            f"count ({', '.join(roots)}; by {word}, {name_of(domain)}): nothing is pinned. Either somebody "
            "forged it, or that domain's records or files are old: ask its operator"
        )
