"""Credentials of gateways for tests of handshakes."""

from __future__ import annotations

import time

from bridges.links.handshake import AcceptorHandshake, DiallerHandshake, Established
from bridges.links.peer import Peer, PeerTrust
from overlay.naming.ids import GATEWAY, PartyId
from overlay.trust.bundle import TrustBundle
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keys import SealingKey, SigningKey

LIMIT = 1000


class Domain:
    """A root, its gateway, and others that it issued."""

    def __init__(self, name: str) -> None:
        self.name = name
        root, key = new_root(name, 86400.0, time.time())
        self._issuer = Issuer(root, key)
        self.bundle = TrustBundle(name, (root,))
        self.gateway = self.issue(GATEWAY, Role.GATEWAY)

    def issue(self, name: str, role: Role) -> Credentials:
        key = SigningKey.generate()
        party = PartyId.of(name, self.name)
        certificate = self._issuer.issue(key.public, party, role, 3600.0, time.time())
        return Credentials(certificate, key, (SealingKey.generate(),), (self._issuer.root,))


def trust(domain: Domain, name: str = GATEWAY, *denied: int) -> PeerTrust:
    """What a peer of `domain` pins."""
    return PeerTrust(Peer(domain.name, domain.bundle, name), 5.0, lambda _, serial: serial in denied)


def dialler(me: Domain, peer: Domain) -> DiallerHandshake:
    return DiallerHandshake(me.gateway, "s0", trust(peer), LIMIT)


def acceptor(me: Domain, peer: Domain, hello: bytes) -> AcceptorHandshake:
    return AcceptorHandshake(me.gateway, "s1", trust(peer), hello, time.time(), LIMIT)


def established(one: Domain, two: Domain) -> tuple[Established, Established]:
    """(the dialler's, the acceptor's)."""
    dialling = dialler(one, two)
    accepting = acceptor(two, one, dialling.hello)
    finish, mine = dialling.welcomed(accepting.welcome, time.time())
    return mine, accepting.finished(finish)
