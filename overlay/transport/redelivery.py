"""How long a stored message waits whose handler failed. Pure."""

from __future__ import annotations

from overlay.settings import Settings

_DOUBLINGS = 6


def redelivery_wait(attempt: int, settings: Settings) -> float:
    """Seconds before the attempt after `attempt`: doubled each time, bounded."""
    return settings.redelivery_wait_s * float(1 << min(max(attempt - 1, 0), _DOUBLINGS))
