"""The receiver's side: asks for what is missing of one file until it is all there (AG-8)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable

from overlay.backoff import Backoff
from overlay.content.chunks import DIGEST_BYTES, check_digests, chunk_length
from overlay.content.file_ref import FileRef
from overlay.content.packing import unpacked
from overlay.content.part_file import DiskUnusable, PartFile
from overlay.content.talk import (
    Answer,
    AskChunk,
    AskDigests,
    Chunk,
    Digests,
    NotHere,
    Question,
    decode_answer,
    encode_talk,
)
from overlay.content.window import Window
from overlay.errors import BadInput, NotFound, OverlayError, Overloaded, Refused, Unavailable, Untrusted
from overlay.settings.content import ContentSettings

Ask = Callable[[bytes, float], Awaitable[bytes]]
"""Ask the holder this, and wait so long for its answer. Raises OverlayError."""
Progress = Callable[[int, int], None]
"""Told how many bytes of how many are here."""


class WrongChunk(Untrusted):
    """What came is not the chunk that was asked for."""


class Fetching:
    """One file, once: `await Fetching(…).run()`."""

    def __init__(
        self,
        ref: FileRef,
        part: PartFile,
        ask: Ask,
        settings: ContentSettings,
        counters: Counter[str],
        progress: Progress,
    ) -> None:
        self._ref = ref
        self._part = part
        self._ask = ask
        self._settings = settings
        self._counters = counters
        self._progress = progress
        self._window = Window(settings.file_window, settings.file_chunk_s)
        self._backoff = Backoff(settings.file_pause_s, settings.file_pause_s * 16)
        self._missing: deque[int] = deque()
        self._there = 0
        self._wrong = 0
        self._heard = False
        self._last_good = time.monotonic()
        self._last_lost = 0.0
        self._pause_s = 0.0

    async def run(self) -> None:
        """Returns when the file is there under its name. Raises NotFound, Untrusted, Unavailable."""
        ref, part = self._ref, self._part
        there = await asyncio.to_thread(part.resume)
        self._last_good = time.monotonic()
        if not part.digests:
            await asyncio.to_thread(part.begin, await self._digests(), set())
        self._missing.extend(index for index in range(ref.count) if index not in there)
        self._there = sum(chunk_length(ref, index) for index in there)
        self._progress(self._there, ref.size)
        await self._chunks()
        await asyncio.to_thread(part.finish)

    async def _digests(self) -> bytes:
        ref = self._ref
        if ref.count <= 1:  # its only chunk is the whole
            return check_digests(ref, bytes.fromhex(ref.digest) * ref.count)
        digests = bytearray()
        while len(digests) < ref.count * DIGEST_BYTES:
            page = await self._patiently(AskDigests(ref.id, ref.key, len(digests) // DIGEST_BYTES))
            if not isinstance(page, Digests) or not page.digests or len(page.digests) > ref.chunk_bytes:
                raise Untrusted(f"{ref.holder} answered something else than digests of {ref.name!r}")
            digests += page.digests
        return check_digests(ref, bytes(digests))

    async def _patiently(self, question: Question) -> Answer:
        while True:
            try:
                answer = await self._asked(question)
            except OverlayError as error:
                self._failed(error)
                await self._pause()
            else:
                self._good()
                return answer

    async def _asked(self, question: Question) -> Answer:
        answer = decode_answer(await self._ask(encode_talk(question), self._window.timeout_s))
        self._heard = True
        if isinstance(answer, NotHere):
            raise Gone(f"{self._ref.holder} says: {answer.why}")
        return answer

    async def _chunks(self) -> None:
        pending: dict[asyncio.Task[float], int] = {}
        try:
            while self._missing or pending:
                while self._missing and len(pending) < self._window.room:
                    index = self._missing.popleft()
                    pending[asyncio.create_task(self._chunk(index))] = index
                done, _ = await asyncio.wait(pending, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    self._settle(pending.pop(task), task)
                await self._pause()
        finally:
            for task in pending:
                task.cancel()
            await asyncio.gather(*pending, return_exceptions=True)

    async def _chunk(self, index: int) -> float:
        began = time.monotonic()
        answer = await self._asked(AskChunk(self._ref.id, self._ref.key, index))
        round_trip_s = time.monotonic() - began
        await asyncio.to_thread(self._store, index, answer)
        return round_trip_s

    def _store(self, index: int, answer: Answer) -> None:
        """In a thread."""
        if not isinstance(answer, Chunk):
            raise WrongChunk(f"{self._ref.holder} answered something else than chunk {index}")
        try:
            length = chunk_length(self._ref, index)
            self._part.put(index, unpacked(answer.data, length) if answer.packed else answer.data)
        except Untrusted as error:
            raise WrongChunk(str(error)) from error

    def _settle(self, index: int, task: asyncio.Task[float]) -> None:
        try:
            round_trip_s = task.result()
        except OverlayError as error:
            self._missing.appendleft(index)
            self._failed(error)
        else:
            self._window.answered(round_trip_s)
            self._good()
            self._there += chunk_length(self._ref, index)
            self._progress(self._there, self._ref.size)

    def _good(self) -> None:
        self._last_good = time.monotonic()
        self._backoff.reset()

    def _failed(self, error: OverlayError) -> None:
        """Returns if it may be tried again, after a pause; else raises it."""
        if isinstance(error, Gone | DiskUnusable | BadInput):
            raise error
        now = time.monotonic()
        if isinstance(error, WrongChunk):
            self._wrong += 1
            self._counters["file-chunk-wrong"] += 1
            if self._wrong >= self._settings.file_bad_chunks:
                raise error
            return
        self._counters["file-chunk-again"] += 1
        silent_s = now - self._last_good
        if isinstance(error, Refused) and not self._heard and silent_s >= self._settings.file_refused_s:
            raise error
        if silent_s >= self._settings.file_outage_s:
            raise Unavailable(
                f"no further chunk of {self._ref.name!r} came for {silent_s:.0f} s: {error}. Fetching it "
                "again goes on from here"
            ) from error
        if now - self._last_lost > self._window.timeout_s:
            self._window.lost()
            self._last_lost = now
        wanted_s = error.retry_after_s if isinstance(error, Overloaded) else 0.0
        self._pause_s = max(self._pause_s, wanted_s, 0.0 if self._pause_s else self._backoff.failed())

    async def _pause(self) -> None:
        pause_s, self._pause_s = self._pause_s, 0.0
        if pause_s:
            await asyncio.sleep(pause_s)


class Gone(NotFound):
    """The holder says that the file cannot be had from it."""
