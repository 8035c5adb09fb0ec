"""A join token: all that a newcomer needs, once, as one line of text. Pure."""

from __future__ import annotations

import msgspec

from overlay.ca.applications.application import Application
from overlay.ca.applications.token_text import parse_text, print_text
from overlay.errors import BadInput

_WHAT = "join token"


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
    """One line."""
    return print_text(_WHAT, token)


def parse_token(text: str) -> JoinToken:
    """The inverse of `print_token`. Raises BadInput."""
    if not text.strip():
        raise BadInput("the join token is empty: copy the whole line that 'overlay ca token' printed")
    return parse_text(_WHAT, text, JoinToken)
