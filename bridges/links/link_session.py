"""One link session between two processes: sealed frames in strict order, keys of its own. Pure.

byte 0       'S'
bytes 1-8    tag of the session
bytes 9-16   sequence, from 0: also the nonce
the rest     AES-256-GCM over the frame; the first 17 bytes are authenticated with it
"""

from __future__ import annotations

import struct

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from bridges.links.handshake_messages import SEALED
from bridges.links.key_agreement import TAG_BYTES
from overlay.errors import BadEnvelope, BadSeal, OverlayError, Overloaded, Replayed

_PREFIX = struct.Struct(">c8sQ")
OVERHEAD = _PREFIX.size + 16


class Gap(OverlayError):
    """A frame of this session was lost: what follows cannot be trusted to be in order."""

    reason = "gap"
    retry = True


def tag_of(data: bytes) -> bytes:
    """To which session a frame says it belongs. Raises BadEnvelope."""
    if len(data) < OVERHEAD or data[:1] != SEALED:
        raise BadEnvelope("these bytes are not a frame of a link")
    return data[1 : 1 + TAG_BYTES]


class LinkSession:
    """Seals what one process sends and opens what the other sent. `limit`: frames under one key."""

    def __init__(self, tag: bytes, send_key: bytes, receive_key: bytes, limit: int) -> None:
        self.tag = tag
        self.sent = 0
        self.received = 0
        self._limit = limit
        self._sealing = AESGCM(send_key)
        self._opening = AESGCM(receive_key)

    @property
    def worn(self) -> bool:
        """Whether new keys are due."""
        return max(self.sent, self.received) >= self._limit // 2

    def seal(self, frame: bytes) -> bytes:
        """Never twice with one nonce. Raises Overloaded when the key is used up."""
        if self.sent >= self._limit:
            raise Overloaded(f"{self._limit} frames went out under one link key: shake hands anew")
        prefix = _PREFIX.pack(SEALED, self.tag, self.sent)
        sealed = prefix + self._sealing.encrypt(_nonce(self.sent), frame, prefix)
        self.sent += 1
        return sealed

    def open(self, data: bytes) -> bytes:
        """The next frame. Raises BadEnvelope, BadSeal, Replayed (the session goes on); Gap (it is over)."""
        if tag_of(data) != self.tag:
            raise BadSeal("a frame of another link session")
        prefix, (_, _, sequence) = data[: _PREFIX.size], _PREFIX.unpack_from(data)
        try:
            frame = self._opening.decrypt(_nonce(sequence), data[_PREFIX.size :], prefix)
        except InvalidTag as error:
            raise BadSeal("a frame of the link does not open: it was changed or made up") from error
        if sequence < self.received:
            raise Replayed(f"frame {sequence} of the link came a second time")
        if sequence > self.received:
            raise Gap(f"frames {self.received} to {sequence - 1} of the link were lost")
        self.received += 1
        return frame


def _nonce(sequence: int) -> bytes:
    return sequence.to_bytes(12, "big")
