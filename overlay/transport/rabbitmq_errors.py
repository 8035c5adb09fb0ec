"""What aiormq raises, told in errors of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from aiormq.exceptions import (
    AMQPError,
    ChannelClosed,
    ChannelLockedResource,
    ChannelNotFoundEntity,
    ConnectionNotAllowed,
    ProbableAuthenticationError,
)

from overlay.errors import NotFound, OverlayError, Refused, Unreachable

_TAKEN = "in exclusive use"
_REVOKED = "ALERT_CERTIFICATE_REVOKED"
_DRIVER = (AMQPError, OSError, EOFError, RuntimeError)
_REFUSALS = (ChannelClosed, ConnectionNotAllowed, ProbableAuthenticationError)


class Taken(Refused):
    """Somebody else reads this queue alone."""


@contextmanager
def broker_errors(what: str) -> Iterator[None]:
    """Raises Refused, NotFound, Taken or Unreachable, beginning with `what`, for what aiormq raises inside.

    aiormq ends waiting calls with CancelledError when a connection is lost: only our own passes through.
    """
    try:
        yield
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is None or task.cancelling():
            raise
        raise Unreachable(f"{what}: the connection was lost") from error
    except Exception as error:
        # A connection that ended between two frames makes aiormq raise a bare Exception.
        if isinstance(error, _DRIVER) or type(error) is Exception:
            raise translated(what, error) from error
        raise


def translated(what: str, error: BaseException) -> OverlayError:
    """The error of ours for one of aiormq's."""
    text = f"{what}: {broker_text(error)}"
    if isinstance(error, ChannelLockedResource) or _TAKEN in text:
        return Taken(text)
    if isinstance(error, ChannelNotFoundEntity):
        return NotFound(f"{text}. The provisioner makes it first")
    if isinstance(error, _REFUSALS) and any(error.args):
        return Refused(text)
    return Unreachable(text)


def broker_text(error: BaseException) -> str:
    """What the broker said."""
    if isinstance(error, TimeoutError) and not str(error):
        return "no answer in time"
    if _REVOKED in str(error):
        return "its certificate was revoked: if that was wrong, the operator has `overlay ca restore`"
    said = ", ".join(str(part) for part in error.args if part is not None)
    return said or str(error) or type(error).__name__
