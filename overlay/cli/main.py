"""The program `overlay`. It imports nothing of weight itself, so that Ctrl-C is heard from the beginning."""

from __future__ import annotations

import os
import signal
from importlib import import_module
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def leave_at_once(number: int, _: FrameType | None) -> None:
    """Nothing was begun that would have to be stopped."""
    os._exit(128 + number)


def main() -> None:
    """The program."""
    for number in SIGNALS:
        signal.signal(number, leave_at_once)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's products are small: threads only cost
    import_module("overlay.cli.index").program()


if __name__ == "__main__":
    main()
