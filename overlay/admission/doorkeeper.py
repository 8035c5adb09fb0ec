"""Who may come in: from the certificate that a broker saw to an identity and grant, or a refusal. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography import x509

from overlay.admission.permissions import Grant, grant_for
from overlay.errors import BadInput, OverlayError
from overlay.naming.ids import PartyId
from overlay.naming.inside import Inside
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity, Role

REVOKED = "revoked"
FOREIGN = "foreign-domain"
NO_CERTIFICATE = "no-certificate"


ChannelsOf = Callable[[str], Sequence[PartyId]]
"""Which channels an agent of our domain reads. Raises Unavailable when nobody knows."""


def no_channels(_: str) -> Sequence[PartyId]:
    """Where nobody says."""
    return ()


InsideOf = Callable[[], Inside]
"""How messages between agents of our domain go now."""


def always_direct() -> Inside:
    """Where nobody says."""
    return Inside.DIRECT


Denied = Callable[[int], bool]
"""Whether the certificate with this serial number is turned away. Raises Unavailable when nobody knows."""


@dataclass(frozen=True, slots=True)
class Admitted:
    """May come in as `identity`, with `grant`, until `identity.not_after`."""

    identity: Identity
    grant: Grant


@dataclass(frozen=True, slots=True)
class Refusal:
    """May not; `reason` is for counters, `text` for people."""

    reason: str
    text: str


class Doorkeeper:
    """Decides for the domain whose own roots `trust` holds. Certificates of other domains never count here,
    even when their roots are pinned: their gateways come with a link certificate of ours.
    """

    def __init__(
        self,
        trust: TrustStore,
        *denied: Denied,
        channels_of: ChannelsOf = no_channels,
        inside: InsideOf = always_direct,
    ) -> None:
        """`denied`, `channels_of` and `inside` are asked at each decision, beside what `trust` denies."""
        self.inside = inside
        self._channels_of = channels_of
        self.trust = trust
        self._denied = denied

    def denies(self, serial: int) -> bool:
        """Whether this certificate of our domain is turned away now. Raises Unavailable."""
        return self.trust.denies(self.trust.own, serial) or any(denied(serial) for denied in self._denied)

    def decide(self, certificate_pem: bytes, now: float) -> Admitted | Refusal:
        """For the holder of this certificate; the broker has checked that its key is the holder's."""
        if not certificate_pem:
            return Refusal(NO_CERTIFICATE, "it showed no certificate of this domain")
        try:
            return self._decide(x509.load_pem_x509_certificate(certificate_pem), now)
        except OverlayError as error:
            return Refusal(error.reason, str(error))
        except ValueError as error:
            return Refusal(BadInput.reason, f"its certificate is unreadable: {error}")

    def _decide(self, certificate: x509.Certificate, now: float) -> Admitted | Refusal:
        if self.denies(certificate.serial_number):
            serial = f"{certificate.serial_number:x}"
            return Refusal(REVOKED, f"its certificate {serial} was revoked: apply to the CA for another")
        identity = self.trust.verify(certificate, now)
        if identity.party.domain != self.trust.own:
            return Refusal(FOREIGN, f"{identity.party} is not of the domain {self.trust.own}")
        name = identity.party.name
        channels = self._channels_of(name) if identity.role is Role.AGENT else ()
        return Admitted(identity, grant_for(identity.role, name, channels, self.inside()))
