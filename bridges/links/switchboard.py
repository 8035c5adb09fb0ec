"""Where frames of all our lines over one transport arrive: each goes to the line whose tag it bears."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable

from bridges.links.handshake_messages import SEALED
from bridges.links.line import Line
from bridges.links.link_session import tag_of
from overlay.errors import BadInput, OverlayError
from overlay.transport.contract import Delivery


class Switchboard:
    """`greeting` is given everything that is no frame: parts of handshakes."""

    def __init__(self, counters: Counter[str], greeting: Callable[[Delivery], Awaitable[None]]) -> None:
        self._lines: dict[bytes, Line] = {}
        self._counters = counters
        self._greeting = greeting

    def open(self, line: Line) -> None:
        """From now on `line` gets its frames."""
        self._lines[line.session.tag] = line

    def close(self, line: Line) -> None:
        """No more."""
        self._lines.pop(line.session.tag, None)

    async def delivered(self, delivery: Delivery) -> None:
        """Handler of our process's mailbox. Whatever comes, the reader goes on."""
        try:
            if delivery.payload[:1] != SEALED:
                await self._greeting(delivery)
                return
            line = self._lines.get(tag_of(delivery.payload))
        except OverlayError as error:
            kind = "malformed" if isinstance(error, BadInput) else "refused"
            self._counters[f"link-{kind}-{error.reason}"] += 1
            return
        if line is None:
            self._counters["unknown-session"] += 1
        else:
            await line.received(delivery.payload)
