"""Whether a line's frames are compressed: where the line is slow, as long as it pays (GW-14). Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bridges.frames.frame import Item, encode_items, squeeze

_LONGEST_PAUSE = 64


class Packing:
    """Of one line. Most of a frame is sealed, and what is sealed does not shrink: after a frame that did not,
    the next one is not tried, then the next two, and so on up to 64.
    """

    def __init__(self, from_bytes: int) -> None:
        self.plain_bytes = 0
        """Of frames before they were compressed, or not."""
        self.packed_bytes = 0
        """Of the same frames as they were sent."""
        self._from = max(from_bytes, 1)
        self._skip = 0
        self._pause = 1

    @property
    def ratio(self) -> float:
        """What is sent of what there was: 1.0 when nothing is compressed."""
        return self.packed_bytes / self.plain_bytes if self.plain_bytes else 1.0

    def frame(self, items: Sequence[Item], *, slow: bool) -> bytes:
        """The bytes of a frame; `slow`: bytes cost more than the time to save them."""
        plain = encode_items(items)
        frame = plain
        if slow and len(plain) >= self._from:
            frame = self._tried(plain)
        self.plain_bytes += len(plain)
        self.packed_bytes += len(frame)
        return frame

    def _tried(self, plain: bytes) -> bytes:
        if self._skip:
            self._skip -= 1
            return plain
        frame = squeeze(plain)
        if frame is plain:
            self._skip = self._pause
            self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        else:
            self._pause = 1
        return frame
