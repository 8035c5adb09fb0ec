"""Why the next gateway did not take a message, in one word of its own, and what that means for us. Pure."""

from __future__ import annotations

from overlay.endpoint.failures import MAX_RETRY_S
from overlay.errors import (
    BadInput,
    Expired,
    Failed,
    NotFound,
    NotPermitted,
    NotStored,
    OverlayError,
    Overloaded,
    Refused,
    TooLarge,
    Unavailable,
    UnknownOrigin,
    Unreachable,
)

_ERRORS: dict[str, type[OverlayError]] = {
    kind.reason: kind
    for kind in (
        BadInput,
        Expired,
        NotFound,
        NotPermitted,
        Overloaded,
        Refused,
        TooLarge,
        UnknownOrigin,
        Unreachable,
    )
}
_LATER = frozenset((Overloaded.reason, NotStored.reason, Unavailable.reason, Unreachable.reason))
_KNOWN = frozenset(
    (
        *_ERRORS,
        *_LATER,
        "bad-envelope",
        "bad-name",
        "foreign-sender",
        "hop-limit",
        "loop",
        "no-route",
        "not-in-tree",
        "failed",
    )
)


def is_for_later(reason: str) -> bool:
    """Whether the same message may be taken later."""
    return reason in _LATER


def counted(reason: str) -> str:
    """The word for counters, and for whoever brought the message: peers do not make up new ones."""
    return reason if reason in _KNOWN else "other"


def error_of(reason: str, to: str, retry_after_ms: int = 0) -> OverlayError:
    """What the sender is told."""
    if reason == UnknownOrigin.reason:
        theirs = to.rpartition("@")[2]
        return UnknownOrigin(
            f"{theirs} does not know this domain and cannot prove who sends from it: an operator "
            f"of {theirs} pins it (overlay peer far add) or lets a peer that knows it introduce it "
            "(overlay peer introduces)"
        )
    said = f"the gateway of {to}, or one on the way, did not take the message: {counted(reason)}"
    if reason == NotPermitted.reason:
        said += "; its own policy or that of a domain on the way says whom they let in: ask its operator"
    if reason == Overloaded.reason:
        return Overloaded(said, min(max(0, retry_after_ms) / 1000, MAX_RETRY_S))
    return _ERRORS.get(reason, Failed)(said)
