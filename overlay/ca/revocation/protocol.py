"""What is asked of the CA, and answered, when trust ends and when it comes back. Pure."""

from __future__ import annotations

import msgspec

from overlay.ca.protocol import Reason

REKEY_KIND = "ca.rekey"
REKEYED_KIND = "ca.rekeyed"
NEWS = "revoked"
"""The topic of news under which CA and registry tell at once what is revoked."""


class AskDenied(msgspec.Struct, frozen=True):
    """What was revoked after epoch `since`? One page of it."""

    since: int = 0


class AskCrl(msgspec.Struct, frozen=True):
    """The X.509 revocation list, from byte `offset` on."""

    offset: int = 0


class CrlPart(msgspec.Struct, frozen=True):
    """Bytes of the list (PEM) with this `number`; it has `size` bytes. Another number than that of the part
    before: a newer list was published meanwhile, begin again.
    """

    number: int
    size: int
    data: bytes


class Restore(msgspec.Struct, frozen=True):
    """The operator: `name` was revoked wrongly, or may come back (CA-7). By its last certificate, or by the
    one with this `serial`.
    """

    name: str
    serial: str = ""
    lifetime_s: float = 0.0
    """Of the token; 0: `Settings.join_token_s`."""


class Restorable(msgspec.Struct, frozen=True):
    """The line to give to the holder of the name, and whether it has to make a new key."""

    text: str
    new_key: bool


class Reclaim(msgspec.Struct, frozen=True):
    """The holder of such a token wants its name back, with the key of this request (PEM)."""

    name: str
    csr: bytes


class Rekey(msgspec.Struct, frozen=True):
    """The key of one of the domain's own was stolen. `proof`: the request for a certificate with its new key,
    as a statement of kind `REKEY_KIND` that is signed with the key of now.
    """

    proof: bytes


class Rekeyed(msgspec.Struct, frozen=True):
    """It has the new key: a `Replaced`, as a statement of kind `REKEYED_KIND` that is signed with it."""

    statement: bytes


class Replaced(msgspec.Struct, frozen=True):
    """Every other certificate of the signer ends, for this reason."""

    reason: Reason
    card: bytes = b""
    """Of a service: its new key card."""
