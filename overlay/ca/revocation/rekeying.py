"""The CA's decisions about a stolen key of the domain's own: a new key first, then the end of all others."""

from __future__ import annotations

from collections.abc import Sequence

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca.checks import key_bytes
from overlay.ca.entries import Certificate
from overlay.ca.issuance import Issuance
from overlay.ca.protocol import Reason
from overlay.errors import NotFound, Refused
from overlay.naming.ids import PartyId
from overlay.trust.identity import Role

OWN = (Role.SERVICE, Role.GATEWAY, Role.OPERATOR, Role.BROKER)
"""The domain is dead without a valid one of each."""


class Rekeying:
    """Two steps, so that whoever is ended between them has a party that works. Both may be done again."""

    def __init__(self, issuance: Issuance) -> None:
        self._issuance = issuance
        self._store = issuance.store

    def certify(self, by: PartyId, name: str, public: ec.EllipticCurvePublicKey) -> Certificate:
        """A certificate for a new key of one of the domain's own, beside those that it has, however many a
        thief has had made. Raises Refused, NotFound.
        """
        issuance, store = self._issuance, self._store
        with issuance.audited(by, "rekey", name):
            newest = self._own(name)
            if store.names_with_key(key_bytes(public)):
                raise Refused("key: it was certified before; make a new one")
            issuance.check_key(public, name)
            identity = newest.identity
            hosts = _hosts(newest) if identity.role is Role.BROKER else ()
            entry = issuance.sign(public, identity.party, identity.role, hosts=hosts)
            with store.change():
                store.add_certificate(entry)
                store.audit.record(str(by), "rekey", name)
        return entry

    def end_others(self, by: PartyId, serial: str, reason: Reason) -> Sequence[Certificate]:
        """Revoke every certificate of a name but this one, later ones too: only its holder has the new key.
        Returns them, those that ended like this before as well. Raises Refused, NotFound.
        """
        issuance, store = self._issuance, self._store
        with issuance.audited(by, "rekeyed", serial):
            kept = store.by_serial(serial)
            if kept is None or kept.revoked_at is not None or kept.not_after <= issuance.clock():
                raise Refused("certificate: the new one is not valid; begin again with a new key")
            name = kept.identity.party.name
            self._own(name)
            ended = [item for item in store.unexpired_of(name, issuance.clock()) if item.serial != serial]
            with store.change():
                issuance.revoke(ended, reason)
                store.audit.record(str(by), f"rekeyed {reason}", name)
        return [issuance.get(item.serial) for item in ended]

    def _own(self, name: str) -> Certificate:
        newest = self._store.newest_of(name)
        if newest is None:
            raise NotFound(f"certificate: this CA issued none to {name!r}")
        if newest.identity.role not in OWN:
            raise Refused(
                f"role: {name!r} is not the domain's own: revoke an agent whose key was stolen, for "
                "key-compromise"
            )
        return newest


def _hosts(certificate: Certificate) -> tuple[str, ...]:
    names = certificate.parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return tuple(str(one.value) for one in names if isinstance(one, x509.DNSName | x509.IPAddress))
