"""Fields of credentials and status lists, read strictly. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from overlay.credentials.did import Did
from overlay.errors import BadCredential, BadName

MAX_WORD = 1000
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)\Z")


def word(content: Mapping[str, object], name: str) -> str:
    """A short text that must be there. Raises BadCredential."""
    value = content.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= MAX_WORD:
        raise BadCredential(f"malformed: a credential's {name!r} is a text of up to {MAX_WORD} characters")
    return value


def to_time(seconds: float) -> str:
    """As the model writes times, to the millisecond."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def time_of(content: Mapping[str, object], name: str) -> float | None:
    """Seconds since 1970; None where it is not said. Raises BadCredential."""
    value = content.get(name)
    if value is None:
        return None
    try:
        if isinstance(value, str) and _TIME.match(value):
            return datetime.fromisoformat(value).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadCredential(f"malformed: {name!r} is no time: {error}") from error
    raise BadCredential(f"malformed: {name!r} is no time with a zone, such as 2026-01-31T12:00:00Z")


def number_of(content: Mapping[str, object], name: str, default: float) -> float:
    """Raises BadCredential."""
    value = content.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise BadCredential(f"malformed: {name!r} is no number")
    return float(value)


def did_in(value: object, what: str) -> str:
    """Raises BadCredential."""
    try:
        return str(Did.parse(value if isinstance(value, str) else ""))
    except BadName as error:
        raise BadCredential(f"malformed: the {what} of a credential is a DID") from error
