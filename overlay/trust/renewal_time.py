"""When a certificate is due for renewal: well before its end, at once if a newer root is there. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from cryptography import x509

from overlay.settings import Settings
from overlay.trust.issuing import BACKDATE_S

_UNIT = 1 << 32


def renewal_due(
    certificate: x509.Certificate, roots: Sequence[x509.Certificate], now: float, settings: Settings
) -> bool:
    """Whether its holder should renew it now. `roots` of its domain, newest first."""
    return certificate.issuer != roots[0].subject or now >= renewal_time(certificate, settings)


def renewal_time(certificate: x509.Certificate, settings: Settings) -> float:
    """From when on it is due by its age. Seconds since 1970.

    Certificates that were issued together are due one after another, over `renew_spread` of their lifetime.
    """
    begin = certificate.not_valid_before_utc.timestamp() + BACKDATE_S
    lifetime = max(0.0, certificate.not_valid_after_utc.timestamp() - begin)
    late = settings.renew_spread * _part_of(certificate.serial_number)
    return begin + lifetime * min(1.0, settings.renew_after_fraction + late)


def _part_of(serial: int) -> float:
    """A number from 0 to below 1, another for each serial and always the same for one."""
    digest = hashlib.sha256(f"{serial:x}".encode()).digest()
    return int.from_bytes(digest[:4], "big") / _UNIT
