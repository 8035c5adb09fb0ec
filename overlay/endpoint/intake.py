"""How much a process takes, by its own agent's word; more is refused at once, with a time to wait (GW-15)."""

from __future__ import annotations

import time

from overlay.errors import Overloaded
from overlay.naming.ids import PartyId
from overlay.policy.access import AccessPolicy
from overlay.quality.bucket import SharedBucket

_BURST_S = 1.0


class Intake:
    """Of realtime messages, by `takes_per_s` and `takes_at_once` of the access policy, which may change at
    any time; stored ones wait at the broker by themselves. Each sender has its share.
    """

    def __init__(self, me: PartyId, retry_s: float) -> None:
        self._me = me
        self._retry_s = retry_s
        self._bucket: SharedBucket | None = None

    def refusal(self, policy: AccessPolicy, sender: PartyId, busy: int) -> Overloaded | None:
        """Why this message is not taken; None: it is, and counts. `busy`: how many are handled or wait."""
        if policy.takes_at_once and busy >= policy.takes_at_once:
            said = f"{self._me} takes {policy.takes_at_once} messages at a time"
            return Overloaded(said, self._retry_s)
        if not policy.takes_per_s:
            return None
        now = time.monotonic()
        rate = policy.takes_per_s
        if self._bucket is None or self._bucket.rate != rate:
            self._bucket = SharedBucket(str(self._me), rate, rate * _BURST_S, now)
        wait_s = self._bucket.wait_s(1, now, str(sender))
        if wait_s:
            return Overloaded(f"{self._me} takes {rate:g} messages a second", wait_s)
        self._bucket.take(1, str(sender))
        return None
