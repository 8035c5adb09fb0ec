"""Where errors go that no caller can be told, unless an endpoint was given something else: the log."""

from __future__ import annotations

import logging

from overlay.errors import OverlayError

_log = logging.getLogger("overlay")


def log_error(where: str, error: Exception) -> None:
    """An `OnError`."""
    _log.warning("%s: %s", where, error, exc_info=None if isinstance(error, OverlayError) else error)
