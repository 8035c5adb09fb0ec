"""How good a line is: its delay, jitter, losses and what it carries, measured while it is used (GW-14). Pure.

Times are seconds of a steady clock. Delay and jitter are smoothed as TCP does (RFC 6298).
"""

from __future__ import annotations

_HALF_LIFE_S = 60.0
_RATE_S = 2.0
_UNKNOWN_S = 1.0


class PathLosses:
    """Of one way to the peer, over all its sessions: each that was lost counts half after a minute."""

    def __init__(self) -> None:
        self._count = 0.0
        self._at = 0.0
        self.last = ""
        """Why the last one was lost."""

    def lost(self, why: str, now: float) -> None:
        """A session, or an attempt at one."""
        self._count = self.recent(now) + 1
        self._at = now
        self.last = why

    def recent(self, now: float) -> float:
        """How many lately."""
        return float(self._count * 0.5 ** ((now - self._at) / _HALF_LIFE_S)) if self._count else 0.0


class Quality:
    """Of one line."""

    def __init__(self, losses: PathLosses, now: float) -> None:
        self.losses = losses
        self.rtt_s = 0.0
        """Smoothed; 0: not measured yet."""
        self.jitter_s = 0.0
        self.heard_at = now
        self.bytes_out = 0
        self.bytes_in = 0
        self._rate = 0.0
        self._since = now
        self._counted = 0
        self._asked: tuple[int, float] | None = None
        self._probed = 0.0

    def sent(self, sequence: int, size: int, now: float, *, answered: bool) -> None:
        """Frame `sequence` went out; `answered`: it will be acknowledged at once."""
        self.bytes_out += size
        if answered and self._asked is None:
            self._asked = (sequence, now)

    def probed(self, now: float) -> None:
        """A sign of life went out, of which an echo comes."""
        self._probed = self._probed or now

    def heard(self, size: int, now: float) -> None:
        """Any frame came."""
        self.heard_at = now
        self.bytes_in += size

    def acknowledged(self, frames: int, now: float) -> None:
        """The peer has handled so many frames."""
        if self._asked is not None and self._asked[0] < frames:
            self._timed(now - self._asked[1])
            self._asked = None

    def echoed(self, sent: float, now: float) -> None:
        """The echo of the sign of life that went out at `sent`."""
        self._probed = 0.0
        if 0 <= now - sent < _HALF_LIFE_S:
            self._timed(now - sent)

    @property
    def waiting_since(self) -> float:
        """Since when an answer is missing; 0: none is."""
        asked = self._asked[1] if self._asked is not None else 0.0
        if asked and self._probed:
            return min(asked, self._probed)
        return asked or self._probed

    def doubtful(self, doubt_s: float, now: float) -> bool:
        """Whether nothing was heard since something was asked that should have been answered."""
        since = self.waiting_since
        if not since or self.heard_at > since:
            return False
        return now - since > max(doubt_s, 8 * self.rtt_s)

    def score(self, now: float) -> float:
        """Seconds that a message takes, at a cautious guess: less is better."""
        delay = (self.rtt_s + 4 * self.jitter_s) or _UNKNOWN_S
        since = self.waiting_since
        if since:
            delay = max(delay, now - since)
        return delay * (1 + self.losses.recent(now))

    def rate(self, now: float) -> float:
        """Bytes a second, both ways, lately."""
        total = self.bytes_in + self.bytes_out
        if now - self._since >= _RATE_S:
            self._rate = (total - self._counted) / (now - self._since)
            self._since, self._counted = now, total
        return self._rate

    def _timed(self, rtt_s: float) -> None:
        if not self.rtt_s:
            self.rtt_s, self.jitter_s = rtt_s, rtt_s / 2
            return
        self.jitter_s += (abs(self.rtt_s - rtt_s) - self.jitter_s) / 4
        self.rtt_s += (rtt_s - self.rtt_s) / 8
