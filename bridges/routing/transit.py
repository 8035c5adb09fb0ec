"""How far a message has come between domains, and how far it may go. Pure."""

from __future__ import annotations

import msgspec

from overlay.errors import Expired, Refused

MAX_PATH = 64


class Looped(Refused):
    """It came back to a domain where it has been."""

    reason = "loop"


class TooFar(Refused):
    """It crossed as many domains as it may."""

    reason = "hop-limit"


class Transit(msgspec.Struct, frozen=True):
    """Hops that are left, the domains that it has been in, and until when it is worth anything here."""

    hops: int
    path: tuple[str, ...]
    until: float
    """By the clock of this machine; on the wire it is the time left."""

    def left_ms(self, now: float) -> int:
        """Raises Expired."""
        left = int((self.until - now) * 1000)
        if left <= 0:
            raise Expired("past its deadline on the way")
        return left


def departing(domain: str, hops: int, until: float) -> Transit:
    """A message that leaves the domain of its sender."""
    return Transit(hops, (domain,), until)


def arrived(here: str, hops: int, path: tuple[str, ...], until: float) -> Transit:
    """A message that reached domain `here`. Raises Looped, TooFar."""
    if here in path or len(set(path)) != len(path):
        raise Looped(f"it has been here before: {' → '.join(path[:MAX_PATH])}")
    if hops < 1 or len(path) >= MAX_PATH:
        raise TooFar(f"it crossed {len(path)} domains and may go no further")
    return Transit(hops - 1, (*path, here), until)
