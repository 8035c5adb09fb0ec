"""A join token: all that a newcomer needs, once, as one line of text. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib

import msgspec

from overlay.ca.applications.application import Application
from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED

_CHECK = 4


class JoinToken(msgspec.Struct, frozen=True, array_like=True):
    """Who holds it may become `name`, once. It contains a private key: pass it on like a password."""

    domain_card: bytes
    """`DomainCard.to_bytes()`: the roots to trust, the brokers, the CA's key card."""
    certificate: bytes
    """The enrolment certificate (role JOIN), DER."""
    key: bytes
    """Its private key, PEM."""
    name: str
    terms: Application
    """What its holder must say of itself, and which skills and scopes it may claim."""
    expires_at: float
    """Seconds since 1970."""


def print_token(token: JoinToken) -> str:
    """One line: base64url, four bytes of checksum first, so that a bad copy is told from a bad token."""
    data = msgspec.msgpack.encode(token)
    return base64.urlsafe_b64encode(_check(data) + data).rstrip(b"=").decode()


def parse_token(text: str) -> JoinToken:
    """The inverse of `print_token`; white space from line wrapping is ignored. Raises BadInput."""
    line = "".join(text.split())
    if not line:
        raise BadInput("the join token is empty: copy the whole line that 'overlay ca token' printed")
    try:
        data = base64.b64decode(line + "=" * (-len(line) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput(f"this is no whole join token ({error}): copy the whole line again") from error
    check, body = data[:_CHECK], data[_CHECK:]
    if _check(body) != check:
        raise BadInput("the join token is incomplete or was changed: copy the whole line again")
    try:
        return msgspec.msgpack.decode(body, type=JoinToken)
    except MALFORMED as error:
        raise BadInput(f"the join token is of another version: {error}. Ask for a new one") from error


def _check(data: bytes) -> bytes:
    return hashlib.sha256(b"join token\x00" + data).digest()[:_CHECK]
