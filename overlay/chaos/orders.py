"""What the nemesis tells a worker process: a line each on its standard input; its end means to leave."""

from __future__ import annotations

import asyncio
import sys

GO, STOP, FASTER, PUT_OUT = "go", "stop", "faster", "put-out"


class Orders:
    """As heard so far."""

    def __init__(self, *, running: bool) -> None:
        self.go = asyncio.Event()
        self.stop = asyncio.Event()
        self.left = asyncio.Event()
        self.put_out = asyncio.Event()
        """The guest, of the channel."""
        self.faster = 1.0
        """How many times as fast to send."""
        if running:
            self.go.set()

    async def listen(self) -> None:
        """Returns when our input ends, or our parent is gone."""
        stream = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), sys.stdin
        )
        try:
            while line := await stream.readline():
                self._obey(line.decode().split())
        finally:
            transport.close()
            for event in (self.go, self.stop, self.left, self.put_out):
                event.set()

    def _obey(self, words: list[str]) -> None:
        if words == [GO]:
            self.go.set()
        elif words == [STOP]:
            self.stop.set()
        elif words == [PUT_OUT]:
            self.put_out.set()
        elif words and words[0] == FASTER:
            self.faster = float(words[1])
