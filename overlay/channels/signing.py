"""Signing what one process publishes in a channel: one signature for what is published at the same time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from overlay.channels.signatures import MAX_DEPTH, Signed, leaf_of, sign_leaves, with_content
from overlay.trust.credentials import Credentials

_MOST = 64
assert 2**MAX_DEPTH >= _MOST


class Signing:
    """Of one channel. Who publishes one after the other has a signature for each; what is published side by
    side, between two turns of the loop, shares one.
    """

    def __init__(self, credentials: Callable[[], Credentials], every_s: float) -> None:
        """`every_s`: how often at least a publication brings the certificate."""
        self._credentials = credentials
        self._every_s = every_s
        self._waiting: list[tuple[bytes, asyncio.Future[Signed]]] = []
        self._showed = (b"", b"")
        self._showed_at = 0.0

    async def sign(self, epoch: bytes, header: bytes, content: bytes, *, always: bool) -> bytes:
        """What is to be sealed in place of `content`. `always`: it may be read alone, and brings the
        certificate; else it does now and then, and whenever the epoch is another: somebody may be new.
        """
        loop = asyncio.get_running_loop()
        proof: asyncio.Future[Signed] = loop.create_future()
        self._waiting.append((leaf_of(header, content), proof))
        if len(self._waiting) == 1:
            loop.call_soon(self._flush)
        done = await proof
        return with_content(done, content, self._certificate(epoch, done.name, always=always))

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        for begin in range(0, len(waiting), _MOST):
            part = waiting[begin : begin + _MOST]
            proofs = sign_leaves([leaf for leaf, _ in part], self._credentials())
            for (_, future), proof in zip(part, proofs, strict=True):
                if not future.done():  # its publisher was cancelled
                    future.set_result(proof)

    def _certificate(self, epoch: bytes, name: bytes, *, always: bool) -> bytes:
        now = asyncio.get_running_loop().time()
        shown = (epoch, name)
        if always or shown != self._showed or now - self._showed_at >= self._every_s:
            self._showed, self._showed_at = shown, now
            return self._credentials().der
        return b""
