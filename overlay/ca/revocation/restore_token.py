"""A restoring token: what brings a revoked agent back into its name, once, as one line of text. Pure."""

from __future__ import annotations

import msgspec

from overlay.ca.applications.token_text import parse_text, print_text

_PREFIX = "restore-"
_WHAT = "restoring token"


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
    """One line."""
    return _PREFIX + print_text(_WHAT, token)


def parse_restore_token(text: str) -> RestoreToken:
    """The inverse. Raises BadInput."""
    return parse_text(_WHAT, text.lstrip().removeprefix(_PREFIX), RestoreToken)
