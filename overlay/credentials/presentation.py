"""A credential as its holder shows it: the JWT and, after `~`, its issuer's newest status list. Pure."""

from __future__ import annotations

from overlay.credentials.status_list import MAX_STATUS_BYTES
from overlay.errors import BadCredential

_SIGN = "~"


def join_presentation(jwt: str, status: str) -> str:
    """One text. `status` may be empty: then the verifier has to ask."""
    return f"{jwt}{_SIGN}{status}" if status else jwt


def split_presentation(text: str, limit: int) -> tuple[str, str]:
    """The JWT, of up to `limit` characters, and the status list or nothing. Raises BadCredential."""
    if len(text) > limit + MAX_STATUS_BYTES:
        raise BadCredential(f"malformed: {len(text)} characters are more than a credential may have")
    jwt, sign, status = text.partition(_SIGN)
    if sign and not status:
        raise BadCredential("malformed: there is no status list after '~'")
    return jwt, status
