"""What is remembered of one use of an agent: for what, by whom, and what came of it. Pure."""

from __future__ import annotations

from hashlib import sha256

import msgspec
import numpy as np

from overlay.discovery.contract import Vector

_STEPS = 127


class Memory(msgspec.Struct, frozen=True, array_like=True):
    """One asker's newest experience with one agent for one intent; the intent's words are not kept."""

    space: str
    """The embedder's name: memories of another are of no use."""
    intent: bytes
    """The intent's vector, a signed byte for each number."""
    agent: str
    asker: str
    succeeded: bool
    when: float
    """Seconds since 1970."""

    @property
    def id(self) -> str:
        """The same for the same asker, agent and intent: who reports again corrects the former report."""
        said = msgspec.msgpack.encode((self.space, self.intent, self.agent, self.asker))
        return sha256(said).hexdigest()[:32]

    def vector(self) -> Vector:
        """The intent's, of length 1."""
        return of_length_1(np.frombuffer(self.intent, np.int8).astype(np.float32))


def packed(vector: Vector) -> bytes:
    """A vector of length 1, a signed byte for each number."""
    largest = float(np.abs(vector).max(initial=0.0))
    steps = np.rint(vector * (_STEPS / largest if largest else 0.0))
    return bytes(steps.astype(np.int8).tobytes())


def of_length_1(vector: Vector) -> Vector:
    """Zeros stay zeros."""
    length = float(np.linalg.norm(vector))
    return vector / np.float32(length) if length else vector
