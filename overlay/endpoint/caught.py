"""An application's handler may raise anything; this block keeps it, so that its sender can be told. Pure."""

from __future__ import annotations

from types import TracebackType


class Caught:
    """`with Caught() as caught: …`, then look at `caught.error`. Cancellation passes through."""

    __slots__ = ("error",)

    def __init__(self) -> None:
        self.error: Exception | None = None

    def __enter__(self) -> Caught:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if isinstance(error, Exception):
            self.error = error
            return True
        return False
