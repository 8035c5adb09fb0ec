"""Learning from use: agents that served similar intents rise, those that failed sink (REG-5). Pure.

What one asker says counts once for each agent, however often it is said; it fades with time; and all
experience together moves a score by a bounded amount, so that an agent nobody has used keeps its chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import msgspec
import numpy as np

from overlay.clock import DAY_S
from overlay.discovery.contract import Embedder, Hit, Vector
from overlay.discovery.memory import Memory, packed
from overlay.settings import Settings

ALIKE = 0.45
"""The cosine of two intents from which on one says something of the other."""
DOUBT = 2.0
"""So many askers' word is set against what has been heard: one moves a score by a third."""
FADED = 1 / 32
"""What has faded to this is nothing any more."""


class Learnt(msgspec.Struct, frozen=True):
    """A hit, and what experience had to do with it."""

    hit: Hit
    own: float
    """The score without experience."""
    succeeded: float = 0.0
    """Askers whom it served for such an intent, weighted by likeness and age."""
    failed: float = 0.0
    """Askers whom it failed, likewise."""


class Experience:
    """The memories of one domain. For one thread.

    `consider` says what to write and what to delete; `put` and `drop` follow what was written, in whatever
    process. `note` does all of it at once, where nobody else has a part in it.
    """

    def __init__(self, settings: Settings, embedder: Embedder) -> None:
        self._settings = settings
        self._embedder = embedder
        self._rows: dict[str, int] = {}
        self._memories: list[Memory | None] = []
        self._free: list[int] = []
        self._vectors = np.zeros((0, embedder.size), np.float32)
        self._by_asker: defaultdict[str, dict[str, float]] = defaultdict(dict)

    def __len__(self) -> int:
        return len(self._rows)

    def consider(
        self, intent: str, agent: str, succeeded: bool, asker: str, now: float
    ) -> tuple[Memory | None, tuple[str, ...]]:
        """What is to be remembered, and the IDs of what is to be forgotten for it. None: nothing, for the
        intent says nothing, or an agent praises itself. Changes nothing.
        """
        vector = self._embedder.embed([intent])[0]
        if asker == agent or not vector.any():
            return None, ()
        memory = Memory(self._embedder.name, packed(vector), agent, asker, succeeded, now)
        if memory.id in self._rows:
            return memory, ()
        own = self._by_asker.get(asker, {})
        if len(own) >= self._settings.experience_per_asker:
            return memory, (min(own, key=own.__getitem__),)
        if len(self._rows) >= self._settings.experience_entries:
            return memory, (self._oldest(),)
        return memory, ()

    def note(self, intent: str, agent: str, succeeded: bool, asker: str, now: float) -> None:
        """Remember at once."""
        memory, forgotten = self.consider(intent, agent, succeeded, asker, now)
        for id in forgotten:
            self.drop(id)
        if memory is not None:
            self.put(memory)

    def put(self, memory: Memory) -> None:
        """Remember. A memory of another embedder is left out."""
        if memory.space != self._embedder.name or len(memory.intent) != self._embedder.size:
            return
        self.drop(memory.id)
        row = self._free.pop() if self._free else len(self._memories)
        if row == len(self._memories):
            self._memories.append(memory)
            self._make_room(row)
        self._memories[row] = memory
        self._vectors[row] = memory.vector()
        self._rows[memory.id] = row
        self._by_asker[memory.asker][memory.id] = memory.when

    def drop(self, id: str) -> None:
        """Forget; what is not here is no error."""
        row = self._rows.pop(id, None)
        memory = None if row is None else self._memories[row]
        if row is None or memory is None:
            return
        self._memories[row] = None
        self._vectors[row] = 0
        self._free.append(row)
        own = self._by_asker[memory.asker]
        del own[id]
        if not own:
            del self._by_asker[memory.asker]

    def faded(self, now: float) -> list[str]:
        """IDs of what is too old to count."""
        kept = (memory for memory in self._memories if memory is not None)
        return [memory.id for memory in kept if self._freshness(memory, now) < FADED]

    def adjust(self, intent: str, hits: Sequence[Hit], now: float) -> list[Learnt]:
        """The hits as experience ranks them, the best first; equally good ones as they were."""
        said = self._heard(intent, {hit.key for hit in hits}, now) if self._rows else {}
        found = [self._weighed(hit, *said.get(hit.key, (0.0, 0.0))) for hit in hits]
        return sorted(found, key=lambda learnt: -learnt.hit.score)

    def _heard(self, intent: str, agents: set[str], now: float) -> dict[str, tuple[float, float]]:
        """Of each agent, for how many askers it succeeded and failed; none of them counts more than once."""
        vector: Vector = self._embedder.embed([intent])[0]
        likeness = self._vectors[: len(self._memories)] @ vector
        said: defaultdict[tuple[str, str], list[tuple[float, bool]]] = defaultdict(list)
        for row in np.flatnonzero(likeness > ALIKE).tolist():
            memory = self._memories[row]
            if memory is not None and memory.agent in agents:
                alike = (float(likeness[row]) - ALIKE) / (1 - ALIKE)
                weight = alike * self._freshness(memory, now)
                said[memory.agent, memory.asker].append((weight, memory.succeeded))
        found: dict[str, tuple[float, float]] = {}
        for (agent, _), told in said.items():
            good, bad = _one_voice(told)
            before = found.get(agent, (0.0, 0.0))
            found[agent] = (before[0] + good, before[1] + bad)
        return found

    def _weighed(self, hit: Hit, good: float, bad: float) -> Learnt:
        moved = self._settings.experience_strength * (good - bad) / (good + bad + DOUBT)
        score = min(1.0, max(0.0, hit.score + moved))
        return Learnt(Hit(hit.key, score), hit.score, round(good, 3), round(bad, 3))

    def _freshness(self, memory: Memory, now: float) -> float:
        age = max(0.0, now - memory.when)
        return float(0.5 ** (age / (self._settings.experience_half_life_days * DAY_S)))

    def _oldest(self) -> str:
        kept = (memory for memory in self._memories if memory is not None)
        return min(kept, key=lambda memory: memory.when).id

    def _make_room(self, row: int) -> None:
        if row >= len(self._vectors):
            larger = np.zeros((max(64, 2 * row), self._embedder.size), np.float32)
            larger[: len(self._vectors)] = self._vectors
            self._vectors = larger


def _one_voice(told: Iterable[tuple[float, bool]]) -> tuple[float, float]:
    """What one asker says of one agent: its shares of success and failure, and no more than one in all."""
    good = bad = most = 0.0
    for weight, succeeded in told:
        most = max(most, weight)
        good += weight * succeeded
        bad += weight * (not succeeded)
    return (most * good / (good + bad), most * bad / (good + bad)) if good + bad else (0.0, 0.0)
