"""News of a domain's roots, for the domains that are peered with it; signed by its CA. Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import BadEnvelope, BadSignature
from overlay.naming.ids import CA
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.signed import make_signed, open_from
from overlay.wire.malformed import MALFORMED

KIND = "domain.bundle"


class _Wire(msgspec.Struct, array_like=True, frozen=True):
    epoch: int
    bundle: bytes


def sign_bundle_news(bundle: TrustBundle, epoch: int, ca: Credentials) -> bytes:
    """The CA's statement of which roots its domain has since `epoch`."""
    return make_signed(KIND, msgspec.msgpack.encode(_Wire(epoch, bundle.to_bytes())), ca)


def open_bundle_news(statement: bytes, pinned: TrustStore, now: float) -> tuple[TrustBundle, int]:
    """The roots of the domain that `pinned` is about, and since which epoch.

    Raises BadEnvelope, Untrusted: by somebody else than its CA, of another domain, or with none of the roots
    that are pinned.
    """
    payload = open_from(CA, KIND, statement, pinned, now)
    try:
        wire = msgspec.msgpack.decode(payload, type=_Wire)
    except MALFORMED as error:
        raise BadEnvelope(f"this is no news of roots: {error}") from error
    bundle = TrustBundle.from_bytes(wire.bundle)
    bundle.check_follows(pinned.bundle(pinned.own))
    check_epoch(wire.epoch, now + pinned.skew_s)
    return bundle, wire.epoch


def highest_epoch(now: float) -> int:
    """That a CA may use now."""
    return int(now * 1000)


def check_epoch(epoch: int, now: float) -> None:
    """Epochs rise by one with each change, and never beyond the milliseconds since 1970: so whoever stole the
    CA's own key cannot make one that its owner could not outdo with another key. Raises BadSignature.
    """
    if epoch > highest_epoch(now):
        raise BadSignature(f"epoch {epoch} is higher than a CA may use now: somebody else made this")
