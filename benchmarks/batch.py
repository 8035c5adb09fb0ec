"""What a message costs while it waits for a link: python -m benchmarks.batch."""

from __future__ import annotations

import time

from bridges.frames.batch import Batch
from overlay.naming.subjects import Priority

_MESSAGES = 200_000
_FRAME = 500


def _through(senders: int) -> float:
    """Microseconds a message: offered, and taken in frames."""
    waiting: Batch[int] = Batch(
        items=_FRAME, size=256 * 1024, wait_s=0.0, pending_items=8192, pending_bytes=16 << 20
    )
    names = [f"agent-{number}@a.example" for number in range(senders)]
    begin = time.process_time()
    for start in range(0, _MESSAGES, _FRAME):
        for number in range(start, start + _FRAME):
            waiting.offer(number, 400, Priority.NORMAL, 0.0, names[number % senders])
        while len(waiting) >= _FRAME:
            waiting.take(0.0)
    return (time.process_time() - begin) / _MESSAGES * 1e6


def _full() -> float:
    """Microseconds for one that takes the place of another."""
    waiting: Batch[int] = Batch(
        items=_FRAME, size=256 * 1024, wait_s=0.0, pending_items=8192, pending_bytes=16 << 20
    )
    for number in range(8192):
        waiting.offer(number, 400, Priority.BULK, 0.0, f"agent-{number % 1000}@a.example")
    begin = time.process_time()
    for number in range(4000):
        waiting.offer(number, 400, Priority.CRITICAL, 0.0, "anna@a.example")
        waiting.shed()
    return (time.process_time() - begin) / 4000 * 1e6


if __name__ == "__main__":
    for count in (1, 10, 1000):
        print(f"offer and take, {count} senders: {_through(count):.2f} µs a message")
    print(f"offer to a full link of 1000 senders: {_full():.2f} µs")
