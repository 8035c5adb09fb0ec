"""A message that a peer brought and that we carry on: what became of it is told over the line it came by."""

from __future__ import annotations

from bridges.frames.frame import Failure, Message
from bridges.links.line import Line
from overlay.errors import OverlayError, Overloaded, Unreachable
from overlay.wire.envelope import Header


class Passage:
    """A `Settles`. Nothing of it is stored here: it is settled at the peer when the next hop has it."""

    attempt = 1

    def __init__(self, line: Line, message: Message, header: Header) -> None:
        self._line = line
        self._number = message.number
        self._back = message.path[:-1]
        self._header = header
        self._open = True

    @property
    def over(self) -> bool:
        """Whether the peer has it back already, since the line it came by is over."""
        return bool(self._line.over)

    async def ack(self) -> None:
        """The next hop has it."""
        if self._open and self._number:
            self._open = False
            self._line.settled(self._number)

    async def again(self, delay_s: float = 0.0) -> None:
        """It cannot go on now. The peer tries again, not before this time."""
        self.refuse(Unreachable.reason, int(delay_s * 1000))

    def refuse(self, reason: str, retry_after_ms: int = 0) -> None:
        """It was not taken, this is why, and when it may be."""
        if self._open:
            self._open = False
            header = self._header
            self._line.refuse(failure_of(self._number, header, self._back, reason, retry_after_ms))


def failure_of(
    number: int, header: Header, back: tuple[str, ...], reason: str, retry_after_ms: int = 0
) -> Failure:
    """What the peer is told of a message that was not taken; of a realtime one, its sender's gateway hears it
    by way of `back`.
    """
    slot = "" if header.slot else header.sender_slot  # nobody waits for what becomes of an answer
    about = (number, header.id, header.sender, header.to, reason, slot, header.priority)
    return Failure(*about, back, retry_after_ms)


def after_ms(error: OverlayError) -> int:
    """When it may be tried again, if that is known."""
    return int(error.retry_after_s * 1000) if isinstance(error, Overloaded) else 0
