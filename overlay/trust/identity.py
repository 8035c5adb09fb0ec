"""Who a certificate says its holder is; written and read in one place, exactly. Pure.

    CN        the party's name: brokers log it in by this
    SAN URI   did:web:<domain>:agents:<name>          the identity
    SAN URI   urn:agent-overlay:role:<role>           what it is
    SAN URI   urn:agent-overlay:skill:<skill> …       what it is certified for (`overlay.trust.attributes`)
    SAN URI   urn:agent-overlay:peer:<domain>         of a link: whose gateway holds it
    SAN DNS, IP                                       of a broker only: where it listens

Parties have no DNS name on purpose: names may hold `_` and end in `-`, which TLS stacks read differently.
The parts cannot run into each other (`:` is in no name, domain, role or skill), so two identities are never
written alike. Reading builds the writing again and compares: an entry more, fewer or twice is refused.

An identity that was read is what the certificate *says*; `overlay.trust.bundle` proves it.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum

from cryptography import x509
from cryptography.x509.oid import NameOID

from overlay.errors import BadCertificate, BadName
from overlay.naming.ids import (
    GATEWAY,
    OPERATOR,
    PartyId,
    check_domain,
    is_join,
    is_link,
    is_reserved,
    link_name,
)
from overlay.trust.attributes import URN, Attributes, values
from overlay.trust.malformed import malformed_is_bad

MAX_HOSTS = 32
BROKER = "broker"
_DID = "did:web:"
NOTHING = Attributes()
"""Of a party that is certified for nothing but its name."""


class Role(StrEnum):
    """What a party is in its domain, and by that where its certificate is good."""

    AGENT = "agent"
    SERVICE = "service"
    GATEWAY = "gateway"
    OPERATOR = "operator"
    LINK = "link"
    """Another domain's gateway, at our broker and nowhere else."""
    JOIN = "join"
    """A newcomer with a join token, who may apply to the CA and nothing else."""
    BROKER = "broker"
    """A server: proves itself to those who connect, and never sends."""


SENDERS = frozenset({Role.AGENT, Role.SERVICE, Role.GATEWAY, Role.OPERATOR})
"""Roles whose messages others accept."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A certificate's content. Times are seconds since 1970."""

    party: PartyId
    role: Role
    attributes: Attributes
    peer: str
    """Of a LINK, the foreign domain; else empty."""
    serial: int
    """With the domain, what deny lists go by: signatures, and so fingerprints, can be varied by anybody."""
    not_before: float
    not_after: float

    @property
    def skills(self) -> tuple[str, ...]:
        """What it may offer."""
        return self.attributes.skills


def subject_of(party: PartyId) -> x509.Name:
    """The subject of a party's certificate."""
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, party.name)])


def names_of(
    party: PartyId,
    role: Role,
    attributes: Attributes = NOTHING,
    peer: str = "",
    hosts: tuple[str, ...] = (),
) -> list[x509.GeneralName]:
    """The SAN of a party's certificate. Raises BadCertificate when the parts do not go together."""
    check_parts(party, role, attributes, peer, hosts)
    uris = [party.did, f"{URN}role:{role}", *attributes.uris()]
    if peer:
        uris.append(f"{URN}peer:{peer}")
    return [*(x509.UniformResourceIdentifier(uri) for uri in uris), *(_host(host) for host in hosts)]


def check_parts(
    party: PartyId, role: Role, attributes: Attributes, peer: str, hosts: tuple[str, ...]
) -> None:
    """Raises BadCertificate: each role has its own names, and only some have attributes, peer or hosts."""
    try:
        PartyId.of(party.name, party.domain)
        fits = _name_fits(party.name, role, peer)
    except BadName as error:
        raise BadCertificate(f"the certificate names nobody: {error}") from error
    if not fits:
        raise BadCertificate(f"{party} cannot be the name of a {role}")
    if attributes and role is not Role.AGENT:
        raise BadCertificate(f"a {role} has no skills, scopes, function or organisation")
    if len(hosts) > MAX_HOSTS or (hosts and role is not Role.BROKER):
        raise BadCertificate(f"only a {Role.BROKER} has host names, up to {MAX_HOSTS}")


def _name_fits(name: str, role: Role, peer: str) -> bool:
    if role is Role.LINK:
        return bool(peer) and name == link_name(peer)
    if peer:
        return False
    if role in _NAMES:
        return name == _NAMES[role]
    if role is Role.JOIN:
        return is_join(name)
    if role is Role.AGENT:
        return not is_reserved(name)
    return is_reserved(name) and name not in _NAMES.values() and not is_link(name) and not is_join(name)


_NAMES = {Role.GATEWAY: GATEWAY, Role.OPERATOR: OPERATOR, Role.BROKER: BROKER}


def identity_of(certificate: x509.Certificate) -> Identity:
    """What the certificate says; nothing is proved yet. Raises BadCertificate."""
    with malformed_is_bad("the certificate"):
        return _identity(certificate)


def _identity(certificate: x509.Certificate) -> Identity:
    names = list(_alternative_names(certificate))
    uris = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    party = _party(uris)
    attributes = Attributes.of(uris)
    peer = _one(values(uris, "peer") or [""], "peer domain")
    hosts = tuple(str(name.value) for name in names if isinstance(name, x509.DNSName | x509.IPAddress))
    role = _role(_one(values(uris, "role"), "role"))
    if names_of(party, role, attributes, peer, hosts) != names:
        raise BadCertificate(f"the names in the certificate of {party} are not written as this overlay does")
    if certificate.subject != subject_of(party):
        raise BadCertificate(
            f"the certificate's subject {certificate.subject.rfc4514_string()!r} is not {party}"
        )
    not_before = certificate.not_valid_before_utc.timestamp()
    not_after = certificate.not_valid_after_utc.timestamp()
    return Identity(party, role, attributes, peer, certificate.serial_number, not_before, not_after)


def root_names(domain: str) -> list[x509.GeneralName]:
    """The SAN of a domain's root certificate. Raises BadName."""
    return [x509.UniformResourceIdentifier(f"{URN}domain:{check_domain(domain)}")]


def domain_of_root(root: x509.Certificate) -> str:
    """The domain that a root certificate is for. Raises BadCertificate."""
    with malformed_is_bad("the root certificate"):
        names = list(_alternative_names(root))
    uris = [name.value for name in names if isinstance(name, x509.UniformResourceIdentifier)]
    domain = _one(values(uris, "domain"), "domain")
    try:
        if root_names(domain) == names:
            return domain
    except BadName as error:
        raise BadCertificate(f"the root certificate names no domain: {error}") from error
    raise BadCertificate("a root certificate names one domain and nothing else")


def _alternative_names(certificate: x509.Certificate) -> x509.SubjectAlternativeName:
    try:
        return certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound as error:
        raise BadCertificate("the certificate has no alternative name, which says whose it is") from error


def _party(uris: list[str]) -> PartyId:
    did = _one([uri for uri in uris if uri.startswith(_DID)], "did:web identity")
    domain, _, name = did.removeprefix(_DID).partition(":agents:")
    try:
        return PartyId.of(name, domain)
    except BadName as error:
        raise BadCertificate(f"{did!r} in the certificate is no party: {error}") from error


def _role(text: str) -> Role:
    try:
        return Role(text)
    except ValueError as error:
        raise BadCertificate(f"the certificate is for the role {text!r}, which is unknown here") from error


def _one(values: list[str], what: str) -> str:
    if len(values) != 1:
        raise BadCertificate(f"the certificate has {len(values)} entries for its {what}, not one")
    return values[0]


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(_dns(host))


def _dns(host: str) -> str:
    try:
        return check_domain(host)
    except BadName as error:
        raise BadCertificate(f"{host!r} is no host of a broker: give a DNS name or an IP address") from error
