"""What the other side says of a stream, so that its sender can send less. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from overlay.streams.frame import Seen


@dataclass(frozen=True, slots=True)
class Quality:
    """Of what we send, by the receiver's latest word; in a channel, of the listener that is worst off."""

    received: int = 0
    late: int = 0
    lost: int = 0
    dropped: int = 0
    """The receiver's application was too slow for these."""
    jitter_ms: float = 0.0
    lag_ms: float = 0.0
    missed_share: float = 0.0
    """Of the frames since the word before: how many were late, lost or dropped, 0 … 1."""
    listeners: int = 1

    @property
    def good(self) -> bool:
        """Whether there is no reason to send less."""
        return self.missed_share < 0.02


def quality_of(seen: Seen, before: Seen, listeners: int = 1) -> Quality:
    """From two words of one receiver."""
    missed = seen.late + seen.lost + seen.dropped - before.late - before.lost - before.dropped
    came = seen.received - before.received
    share = max(0, missed) / (came + missed) if came + missed > 0 else 0.0
    return Quality(
        seen.received,
        seen.late,
        seen.lost,
        seen.dropped,
        seen.jitter_ms,
        seen.lag_ms,
        min(1.0, share),
        listeners,
    )


def worst(qualities: list[Quality]) -> Quality:
    """Of all listeners; none: all is well, and nobody listens."""
    if not qualities:
        return Quality(listeners=0)
    found = max(qualities, key=lambda quality: (quality.missed_share, quality.lag_ms))
    return Quality(
        found.received,
        found.late,
        found.lost,
        found.dropped,
        found.jitter_ms,
        found.lag_ms,
        found.missed_share,
        len(qualities),
    )
