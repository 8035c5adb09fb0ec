"""Vectors from an endpoint: agents' in the background, queries' within a time limit."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from typing import Protocol

from overlay.backoff import Backoff
from overlay.discovery.contract import Vector
from overlay.discovery.remote import EmbeddingEndpoint, Vectors
from overlay.discovery.vector_cache import MemoryVectorCache, VectorCache, content_key
from overlay.errors import OverlayError, TooLarge
from overlay.settings import Settings

_log = logging.getLogger("overlay.discovery")


class _Index(Protocol):
    """Of `overlay.discovery.index.SemanticIndex`, what takes vectors."""

    def use_space(self, name: str, size: int) -> None: ...

    def give_vector(self, key: str, space: str, vector: Vector) -> bool: ...


class RemoteVectors:
    """One task runs `run`; `want` and `of_intent` are called from others of the same loop."""

    def __init__(
        self,
        settings: Settings,
        index: _Index,
        endpoint: EmbeddingEndpoint | None = None,
        cache: VectorCache | None = None,
    ) -> None:
        """Raises BadSettings."""
        self._settings = settings
        self._index = index
        self._endpoint = endpoint or EmbeddingEndpoint(settings)
        self._cache = cache or MemoryVectorCache(settings.discovery_embedding_cache)
        self._waiting: dict[str, str] = {}
        self._work = asyncio.Event()
        self._done = asyncio.Event()
        self._done.set()
        self._slots = asyncio.Semaphore(settings.discovery_embedding_concurrency)
        self._most = settings.discovery_embedding_batch
        self._size = 0
        self._pauses = Backoff(settings.discovery_embedding_pause_s, settings.discovery_embedding_pause_max_s)
        self._rests_until = 0.0
        self.counters: Counter[str] = Counter()
        """`queries`, `agents`: vectors that were made; `fallback.<reason>`: queries that went without one;
        `failed.<reason>`: batches to be tried again; `dropped.full`: agents for whom no place was left;
        `dropped.too-large`: agents whose text the endpoint does not take.
        """

    @property
    def space(self) -> str:
        """The name of the endpoint's vectors, as `SemanticIndex.give_vector` wants it."""
        return self._endpoint.name

    @property
    def waiting(self) -> int:
        """Agents whose vectors are still to be computed."""
        return len(self._waiting)

    def want(self, key: str, text: str) -> None:
        """An agent says this now: its vector will be given to the index."""
        cached = self._cache.get(content_key(self.space, text))
        if cached is not None:
            self._waiting.pop(key, None)
            self._give(key, cached)
        elif key in self._waiting or len(self._waiting) < self._settings.discovery_embedding_waiting:
            self._waiting[key] = text
            self._done.clear()
            self._work.set()
        else:
            self.counters["dropped.full"] += 1

    def forget(self, key: str) -> None:
        """The agent is gone."""
        self._waiting.pop(key, None)

    async def of_intent(self, text: str) -> Vector | None:
        """The vector of a query. None, and a counter with the reason: the built-in embedder has to do."""
        key = content_key(self.space, text)
        if (cached := self._cache.get(key)) is not None:
            return cached
        if self._now() < self._rests_until:
            self.counters["fallback.resting"] += 1
            return None
        try:
            async with asyncio.timeout(self._settings.discovery_embedding_timeout_s), self._slots:
                found = await self._embed([text], self._settings.discovery_embedding_timeout_s)
        except TimeoutError:  # no slot became free
            self.counters["fallback.busy"] += 1
            return None
        except OverlayError as error:
            self.counters[f"fallback.{error.reason}"] += 1
            self._rest(error)
            return None
        self.counters["queries"] += 1
        vector: Vector = found[0]
        self._cache.put(key, vector)
        return vector

    async def run(self) -> None:
        """Computes what agents' vectors are wanted, until cancelled."""
        while True:
            if not self._waiting:
                self._done.set()
                self._work.clear()
                await self._work.wait()
            wait_s = self._rests_until - self._now()
            if wait_s > 0:
                await asyncio.sleep(wait_s)
            await self._batch()

    async def idle(self) -> None:
        """Returns when no agent's vector is wanted any more."""
        await self._done.wait()

    async def close(self) -> None:
        """Idempotent; `run` is to be cancelled before."""
        await self._endpoint.close()

    async def _batch(self) -> None:
        batch = dict(list(self._waiting.items())[: self._most])
        try:
            found = await self._embed(
                list(batch.values()), self._settings.discovery_embedding_batch_timeout_s
            )
        except TooLarge as error:
            self._refused(batch, error)
            return
        except OverlayError as error:
            self.counters[f"failed.{error.reason}"] += 1
            self._rest(error)
            return
        self._most = self._settings.discovery_embedding_batch
        for (key, text), vector in zip(batch.items(), found, strict=True):
            self._cache.put(content_key(self.space, text), vector)
            if self._waiting.get(key) == text:
                del self._waiting[key]
                self._give(key, vector)
                self.counters["agents"] += 1

    def _refused(self, batch: dict[str, str], error: TooLarge) -> None:
        """One of them is the cause: smaller batches, until it is alone."""
        self.counters[f"failed.{error.reason}"] += 1
        self._most = max(1, len(batch) // 2)
        if len(batch) == 1:
            self.counters["dropped.too-large"] += 1
            for key, text in batch.items():
                if self._waiting.get(key) == text:
                    del self._waiting[key]
                _log.warning("the embedding endpoint makes no vector for %s: %s", key, error)

    async def _embed(self, texts: list[str], timeout_s: float) -> Vectors:
        found = await self._endpoint.embed(texts, timeout_s)
        self._pauses.reset()
        self._rests_until = 0.0
        return found

    def _give(self, key: str, vector: Vector) -> None:
        if self._size != len(vector):
            self._size = len(vector)
            self._index.use_space(self.space, self._size)
        self._index.give_vector(key, self.space, vector)

    def _rest(self, error: OverlayError) -> None:
        pause_s = self._pauses.failed()
        self._rests_until = self._now() + pause_s
        _log.warning("the embedding endpoint is left alone for %g s: %s", pause_s, error)

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
