"""HTTP's status codes for the reasons of our errors. Pure."""

from __future__ import annotations

import math

import msgspec

from overlay.endpoint.failures import error_of, retry_ms
from overlay.errors import (
    BadInput,
    Expired,
    Failed,
    NotFound,
    OverlayError,
    Overloaded,
    Refused,
    Replayed,
    TimedOut,
    TooLarge,
    Unavailable,
    Unreachable,
    Untrusted,
)
from overlay.wire.malformed import MALFORMED

_STATUS: tuple[tuple[type[OverlayError], int], ...] = (
    (TooLarge, 413),
    (BadInput, 400),
    (Replayed, 409),
    (Expired, 410),
    (Untrusted, 401),
    (NotFound, 404),
    (Refused, 403),
    (Overloaded, 429),
    (TimedOut, 504),
    (Unreachable, 502),
    (Failed, 500),
    (Unavailable, 503),
)
"""The first that fits."""
MAX_PROBLEM = 16_384


class Problem(msgspec.Struct, frozen=True):
    """The body of an answer that says what is wrong."""

    reason: str
    text: str
    wants: tuple[str, ...] = ()
    retry_after_ms: int = 0


def status_of(reason: str) -> int:
    """For a reason code (`overlay.errors`)."""
    error = error_of(reason, b"")
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def problem_of(error: OverlayError) -> Problem:
    """What the other side is told."""
    return Problem(error.reason, str(error), getattr(error, "wants", ()), retry_ms(error))


def retry_after(problem: Problem) -> dict[str, str]:
    """HTTP's own header for it, in whole seconds."""
    return {"retry-after": str(math.ceil(problem.retry_after_ms / 1000))} if problem.retry_after_ms else {}


def encode_problem(problem: Problem) -> bytes:
    """As JSON."""
    return msgspec.json.encode(problem)


def error_from(status: int, body: bytes) -> OverlayError:
    """The error that an answer means, whoever gave it."""
    try:
        told = _decoder.decode(body[:MAX_PROBLEM])
    except MALFORMED:
        return Failed(f"the HTTP server answered {status}, and nothing that says why")
    return error_of(told.reason, told.text.encode(), told.wants, told.retry_after_ms)


_decoder = msgspec.json.Decoder(Problem)
