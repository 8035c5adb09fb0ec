"""Which function of the application takes which streams. Pure, but for calling it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from overlay.content.media_type import essence
from overlay.errors import BadInput, Refused
from overlay.streams.offer import Offer
from overlay.streams.stream import Stream

OnStream = Callable[[Stream], Awaitable[None]]
"""Runs as long as the stream does: when it returns, the stream ends."""
Accept = Callable[[Offer], Awaitable[None]]
"""Raises Refused, with words for the other side, for what is not taken."""


async def _all(_: Offer) -> None:
    """Whatever comes."""


@dataclass(frozen=True, slots=True)
class Taker:
    """One function."""

    handle: OnStream
    accept: Accept = _all


class Takers:
    """By media type: the whole one goes before its first half (`audio/*`), and that before `*/*`."""

    def __init__(self) -> None:
        self._takers: dict[str, Taker] = {}

    def add(self, media_type: str, taker: Taker) -> None:
        """Raises BadInput for what is no media type, or has a handler."""
        kind, _, rest = media_type.partition("/")
        if not kind or not rest or (kind == "*" and rest != "*"):
            raise BadInput(f"{media_type!r} is no media type: audio/opus, audio/* or */*")
        if media_type in self._takers:
            raise BadInput(f"streams of {media_type} have a handler already")
        self._takers[media_type] = taker

    def find(self, media_type: str) -> Taker | None:
        """None: nobody takes such."""
        plain = essence(media_type)
        names = (media_type, plain, f"{plain.partition('/')[0]}/*", "*/*")
        return next((self._takers[name] for name in names if name in self._takers), None)

    def of(self, media_type: str) -> Taker:
        """Raises Refused."""
        taker = self.find(media_type)
        if taker is None:
            taken = ", ".join(sorted(self._takers)) or "none"
            raise Refused(f"streams of {media_type} are not taken here; taken: {taken}")
        return taker
