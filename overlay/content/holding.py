"""The holder's side: who was offered a file gets its chunks, and nothing else is told to anybody (GW-17)."""

from __future__ import annotations

import asyncio
import hmac
from collections import Counter

from overlay.clock import Clock
from overlay.content.chunks import DIGEST_BYTES
from overlay.content.offer import Changed, Offer, read_chunk
from overlay.content.shelf import Shelf
from overlay.content.talk import (
    Answer,
    AskChunk,
    Digests,
    NotHere,
    Question,
    decode_question,
    encode_talk,
)
from overlay.endpoint.message import Message
from overlay.naming.ids import PartyId
from overlay.policy.rule import names_of

_UNKNOWN = "there is no such file here for you: let its holder offer it to you"


class Holding:
    """Answers questions about the offers on a shelf. Reads at most `at_once` chunks at a time."""

    def __init__(self, shelf: Shelf, clock: Clock, counters: Counter[str], at_once: int) -> None:
        self._shelf = shelf
        self._clock = clock
        self._counters = counters
        self._reading = asyncio.Semaphore(at_once)

    async def handle(self, message: Message) -> bytes:
        """The answer to one question. Raises BadInput for what is none."""
        return encode_talk(await self._answer(decode_question(message.body), message.sender))

    async def _answer(self, question: Question, asker: PartyId) -> Answer:
        offer = self._shelf.get(question.id)
        if offer is None or not _permitted(offer, question, asker):
            self._counters["file-not-offered"] += 1
            return NotHere(_UNKNOWN)
        if offer.until <= self._clock():
            self._counters["file-over"] += 1
            return NotHere(f"the offer of {offer.ref.name!r} is over: let its holder offer it again")
        if isinstance(question, AskChunk):
            return await self._chunk(offer, question.index)
        most = offer.ref.chunk_bytes // DIGEST_BYTES
        first = max(0, question.first)
        return Digests(offer.digests[first * DIGEST_BYTES : (first + most) * DIGEST_BYTES])

    async def _chunk(self, offer: Offer, index: int) -> Answer:
        async with self._reading:
            try:
                return await asyncio.to_thread(read_chunk, offer, index)
            except Changed as error:
                self._counters["file-changed"] += 1
                return NotHere(str(error))


def _permitted(offer: Offer, question: Question, asker: PartyId) -> bool:
    """The reference alone opens nothing, and being named neither."""
    same = hmac.compare_digest(offer.ref.key.encode(), question.key.encode())
    return same and not names_of(asker).isdisjoint(offer.to)
