"""What JetStream says of the consumers of a stream. Pure."""

from __future__ import annotations

import msgspec

_SHARED = ".chan."


class AckFloor(msgspec.Struct):
    """Up to where everything was acknowledged."""

    stream_seq: int = 0


class ConsumerFilters(msgspec.Struct):
    """What a consumer reads."""

    filter_subject: str = ""
    filter_subjects: list[str] = []

    def filters(self) -> list[str]:
        """Those that no other consumer reads."""
        return [one for one in (self.filter_subject, *self.filter_subjects) if one and _SHARED not in one]


class Consumer(msgspec.Struct):
    """One of them."""

    config: ConsumerFilters
    ack_floor: AckFloor


class ConsumerPage(msgspec.Struct):
    """Some of them."""

    total: int = 0
    consumers: list[Consumer] = []
