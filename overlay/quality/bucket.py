"""A cap that several share: each has a share, and what one leaves the others use (GW-22). Pure."""

from __future__ import annotations

from collections import OrderedDict

from overlay.errors import Overloaded

_RECENT_S = 1.0
_SHARERS = 4096
_ASSURED = 0.9
"""Of the rate, what the shares are of. The rest fills the bucket up to its half: something is there then."""
_AT_ONCE = 0.25
"""Of the burst, what the shares are of."""


class _Share:
    __slots__ = ("most", "rate", "seen", "since", "tokens", "weight")

    def __init__(self, weight: int, now: float) -> None:
        self.tokens = self.most = self.rate = 0.0
        self.weight = weight
        self.seen = self.since = now


class SharedBucket:
    """`rate_per_s` on average and `burst` at once, of whatever is counted; times are of a steady clock.

    Whoever asked lately has a share of the rate by its weight. Within its share it may use all that is there;
    beyond it (of what others leave) only what is over half of the burst: so there is something for whoever is
    within its own, however many ask for more. Over any span no more passes than the rate and the burst, and
    the one item that may be larger than the burst.
    """

    def __init__(self, name: str, rate_per_s: float, burst: float, now: float) -> None:
        self.name = name
        self.rate = rate_per_s
        self.burst = max(1.0, burst)
        self._tokens = self.burst
        self._since = now
        self._shares: OrderedDict[str, _Share] = OrderedDict()
        self._weights = 0

    def left(self, now: float) -> float:
        """How much would pass at once now."""
        self._refill(now)
        return max(0.0, self._tokens)

    def wait_s(self, cost: float, now: float, sharer: str = "", weight: int = 1) -> float:
        """How long until so much may pass; 0: now. `sharer`: whose it is, among those who share."""
        self._refill(now)
        missing_s = (min(cost, self.burst) - self._tokens) / self.rate
        share = self._share(sharer, weight, now) if sharer else None
        half = self.burst / 2
        if share is None or len(self._shares) == 1 or self._tokens >= half + min(cost, half):
            return max(0.0, missing_s)
        own_s = (min(cost, share.most) - share.tokens) / share.rate
        return max(0.0, missing_s, min(own_s, self.burst / self.rate))

    def take(self, cost: float, sharer: str = "") -> None:
        """It passes. Call `wait_s` first, at the same time."""
        self._tokens -= cost
        share = self._shares.get(sharer)
        if share is not None and share.tokens >= min(cost, share.most):  # else it is of what others leave
            share.tokens -= cost

    def _refill(self, now: float) -> None:
        self._tokens = min(self.burst, self._tokens + max(0.0, now - self._since) * self.rate)
        self._since = now

    def _share(self, sharer: str, weight: int, now: float) -> _Share:
        share = self._shares.get(sharer)
        if share is None:
            self._weights += weight
            share = self._shares[sharer] = _Share(weight, now)
        elif share.weight != weight:
            self._weights += weight - share.weight
            share.weight = weight
        share.seen = now
        self._shares.move_to_end(sharer)
        self._forget(now)
        part = weight / self._weights
        share.rate, share.most = self.rate * part * _ASSURED, self.burst * part * _AT_ONCE
        share.tokens = min(share.most, share.tokens + max(0.0, now - share.since) * share.rate)
        share.since = now
        return share

    def _forget(self, now: float) -> None:
        """Those who have not asked for a while: their share is the others'."""
        while True:
            oldest = next(iter(self._shares.values()))
            if now - oldest.seen <= _RECENT_S and len(self._shares) <= _SHARERS:
                return
            self._weights -= oldest.weight
            self._shares.popitem(last=False)


Step = tuple[SharedBucket, str, int, bool]
"""A bucket on the way up, who shares it there, with which weight; and whether it counts bytes."""


def pass_all(steps: tuple[Step, ...], size: int, now: float, who: str) -> None:
    """One message of `size` bytes through all of these, or through none. Raises Overloaded, which says which
    cap it is, and for how long.
    """
    longest, at = 0.0, ""
    for bucket, sharer, weight, bytes_ in steps:
        wait_s = bucket.wait_s(size if bytes_ else 1, now, sharer, weight)
        if wait_s > longest:
            longest, at = wait_s, bucket.name
    if longest:
        raise Overloaded(f"{who} sends more than it may: the cap of {at} is reached", longest)
    for bucket, sharer, _, bytes_ in steps:
        bucket.take(size if bytes_ else 1, sharer)
