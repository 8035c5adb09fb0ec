"""Whom this party believes: pinned roots per domain, a deny list, and the check of a certificate. Pure.

A root speaks for the domain it is pinned for and for no other, whatever it signs.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.errors import BadCertificate, BadName
from overlay.naming.ids import PartyId, check_domain
from overlay.trust import profile
from overlay.trust.identity import Identity, domain_of_root, identity_of
from overlay.trust.malformed import malformed_is_bad
from overlay.wire.malformed import MALFORMED

MAX_ROOTS = 8
MAX_CERTIFICATE_BYTES = 6 * 1024
REMEMBERED = 100_000
"""How many checked certificates a store keeps, to check their time and the deny list only: a registry meets
all of its agents again and again, and once more after each denial.
"""


class UnknownDomain(BadCertificate):
    """A certificate of a domain whose roots are not pinned here."""

    def __init__(self, domain: str) -> None:
        super().__init__(f"the domain {domain} is unknown here: its roots are not pinned; peer with it first")
        self.domain = domain


class UnknownRoot(UnknownDomain):
    """A certificate of a domain whose roots are pinned, by another root: it may have a new one since."""

    def __init__(self, party: PartyId) -> None:
        text = f"the certificate of {party} was issued by no root pinned for {party.domain}"
        super(UnknownDomain, self).__init__(text)
        self.domain = party.domain


class _Wire(msgspec.Struct, array_like=True, frozen=True):
    domain: str
    roots: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class TrustBundle:
    """A domain and its roots: one, or two while a new one takes over. The first one issues.

    Raises BadCertificate, BadName.
    """

    domain: str
    roots: tuple[x509.Certificate, ...]

    def __post_init__(self) -> None:
        check_domain(self.domain)
        if not 1 <= len(self.roots) <= MAX_ROOTS:
            raise BadCertificate(f"a trust bundle has 1 to {MAX_ROOTS} roots, not {len(self.roots)}")
        for root in self.roots:
            with malformed_is_bad("the root certificate"):
                profile.check_root(root)
            if domain_of_root(root) != self.domain:
                raise BadCertificate(f"a root of {domain_of_root(root)} cannot be pinned for {self.domain}")

    def check_follows(self, pinned: TrustBundle) -> None:
        """Raises BadCertificate unless this may take the place of what is pinned: of the same domain, and one
        of its roots is pinned already.
        """
        if self.domain != pinned.domain:
            raise BadCertificate(f"the roots of {self.domain} cannot take the place of {pinned.domain}'s")
        if not set(self.roots) & set(pinned.roots):
            raise BadCertificate(
                f"none of the new roots of {self.domain} is pinned here: compare them with that domain, and "
                "peer with it again"
            )

    def to_bytes(self) -> bytes:
        """The bundle's bytes. They prove nothing by themselves: pin, or sign them."""
        roots = tuple(root.public_bytes(Encoding.DER) for root in self.roots)
        return msgspec.msgpack.encode(_Wire(self.domain, roots))

    @classmethod
    def from_bytes(cls, data: bytes) -> TrustBundle:
        """Raises BadCertificate."""
        try:
            wire = msgspec.msgpack.decode(data, type=_Wire)
            return cls(wire.domain, tuple(load_certificate(root) for root in wire.roots[: MAX_ROOTS + 1]))
        except (*MALFORMED, BadName) as error:
            raise BadCertificate(f"this is no trust bundle: {error}") from error


def load_certificate(der: bytes) -> x509.Certificate:
    """From DER, nothing before or after it. Raises BadCertificate."""
    if len(der) > MAX_CERTIFICATE_BYTES:
        raise BadCertificate(
            f"a certificate of {len(der)} bytes is over the limit of {MAX_CERTIFICATE_BYTES}"
        )
    with malformed_is_bad("the certificate"):
        return x509.load_der_x509_certificate(der)


def fingerprint(root: x509.Certificate) -> str:
    """SHA-256 of a root, in groups of four, for people to compare."""
    digest = hashlib.sha256(root.public_bytes(Encoding.DER)).hexdigest()
    return " ".join(digest[at : at + 4] for at in range(0, 32, 4))


class TrustStore:
    """What one party pins and denies. `version` rises whenever an answer of `verify` may have changed."""

    def __init__(self, own: TrustBundle, skew_s: float = 5.0) -> None:
        self.own = own.domain
        self.skew_s = skew_s
        self.version = 0
        self._roots: dict[str, tuple[x509.Certificate, ...]] = {own.domain: own.roots}
        self._denied: set[tuple[str, int]] = set()
        self.on_denied: list[Callable[[], None]] = []
        """Called whenever something is denied; they must be quick, and not raise."""
        self._checked: OrderedDict[bytes, tuple[Identity, x509.Certificate]] = OrderedDict()

    @property
    def domains(self) -> frozenset[str]:
        """Those whose roots are pinned, ours among them."""
        return frozenset(self._roots)

    def bundle(self, domain: str) -> TrustBundle:
        """What is pinned for a domain. Raises UnknownDomain."""
        if domain not in self._roots:
            raise UnknownDomain(domain)
        return TrustBundle(domain, self._roots[domain])

    def add(self, bundle: TrustBundle) -> None:
        """Pin these roots for their domain, in place of those before."""
        self._roots[bundle.domain] = bundle.roots
        self._roots_changed()

    def remove(self, domain: str) -> None:
        """Believe nothing of another domain any more. Raises BadCertificate for our own."""
        if domain == self.own:
            raise BadCertificate(f"{domain} is this party's own domain, which stays trusted")
        self._roots.pop(domain, None)
        self._roots_changed()

    def deny(self, domain: str, serial: int) -> None:
        """Refuse this certificate from now on (CA-8)."""
        self._denied.add((domain, serial))
        self.version += 1
        for tell in self.on_denied:
            tell()

    def allow(self, domain: str, serial: int) -> None:
        """Take a denial back (CA-7)."""
        self._denied.discard((domain, serial))
        self.version += 1

    def denies(self, domain: str, serial: int) -> bool:
        """Whether this certificate is on the deny list."""
        return (domain, serial) in self._denied

    def denied(self, domain: str) -> set[int]:
        """The serials that are refused of certificates of `domain`."""
        return {serial for of, serial in self._denied if of == domain}

    def verify(self, certificate: x509.Certificate, now: float, der: bytes = b"") -> Identity:
        """Who holds `certificate`, in whatever role: callers say which roles they want. `der`: the bytes that
        it was read from by `load_certificate`, where they are at hand.

        Raises UnknownDomain, UnknownRoot, Expired, and BadCertificate with the check that failed.
        """
        der = der or certificate.public_bytes(Encoding.DER)
        name = hashlib.sha256(der).digest()
        known = self._checked.get(name)
        if known is None:
            with malformed_is_bad("the certificate"):
                known = self._check(certificate)
            self._remember(name, known)
        identity, root = known
        if self.denies(identity.party.domain, identity.serial):
            raise BadCertificate(f"the certificate of {identity.party} was revoked")
        profile.check_time(root, now, self.skew_s, f"the root certificate of {identity.party.domain}")
        profile.check_time(certificate, now, self.skew_s, f"the certificate of {identity.party}")
        return identity

    def _check(self, certificate: x509.Certificate) -> tuple[Identity, x509.Certificate]:
        identity = identity_of(certificate)
        roots = self._roots.get(identity.party.domain)
        if roots is None:
            raise UnknownDomain(identity.party.domain)
        profile.check_leaf(certificate, identity.role)
        root = _root_of(certificate, roots, identity)
        if certificate.not_valid_after_utc > root.not_valid_after_utc:
            raise BadCertificate(f"the certificate of {identity.party} outlives the root that issued it")
        return identity, root

    def _remember(self, name: bytes, known: tuple[Identity, x509.Certificate]) -> None:
        self._checked[name] = known
        if len(self._checked) > REMEMBERED:
            self._checked.popitem(last=False)

    def _roots_changed(self) -> None:
        self.version += 1
        self._checked.clear()


def _root_of(
    certificate: x509.Certificate, roots: tuple[x509.Certificate, ...], identity: Identity
) -> x509.Certificate:
    for root in roots:
        if root.subject == certificate.issuer:
            profile.check_issued(certificate, root)
            return root
    raise UnknownRoot(identity.party)
