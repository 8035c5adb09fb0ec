"""A restoring token: what brings a revoked agent back into its name, once, as one line of text. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib

import msgspec

from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED

_PREFIX = "restore-"
_CHECK = 4


class RestoreToken(msgspec.Struct, frozen=True, array_like=True):
    """Who holds it, and the home of `name`, gets a new certificate. It contains a private key: pass it on
    like a password.
    """

    domain_card: bytes
    """`DomainCard.to_bytes()`."""
    certificate: bytes
    """The enrolment certificate (role JOIN), DER."""
    key: bytes
    """Its private key, PEM."""
    name: str
    restores: str
    """The serial of the revoked certificate: of a home with another one it is not for use (any more)."""
    new_key: bool
    """Whether the agent has to make new keys, since the old ones may be known to others."""
    expires_at: float
    """Seconds since 1970."""


def is_restore_token(text: str) -> bool:
    """Whether this is one, rather than a join token; it may still be a bad copy."""
    return text.lstrip().startswith(_PREFIX)


def print_restore_token(token: RestoreToken) -> str:
    """One line; a bad copy of it is told from a bad token."""
    data = msgspec.msgpack.encode(token)
    return _PREFIX + base64.urlsafe_b64encode(_check(data) + data).rstrip(b"=").decode()


def parse_restore_token(text: str) -> RestoreToken:
    """The inverse; white space from line wrapping is ignored. Raises BadInput."""
    line = "".join(text.split()).removeprefix(_PREFIX)
    try:
        data = base64.b64decode(line + "=" * (-len(line) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"this is no whole restoring token ({error}): copy the whole line again") from error
    check, body = data[:_CHECK], data[_CHECK:]
    if _check(body) != check:
        raise BadInput("the restoring token is incomplete or was changed: copy the whole line again")
    try:
        return msgspec.msgpack.decode(body, type=RestoreToken)
    except MALFORMED as error:
        raise BadInput(f"the restoring token is of another version: {error}. Ask for a new one") from error


def _check(data: bytes) -> bytes:
    return hashlib.sha256(b"restore token\x00" + data).digest()[:_CHECK]
