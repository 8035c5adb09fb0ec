"""Discovery inside the registry's process, without a broker: latency of questions, memory of agents."""

from __future__ import annotations

import gc
import secrets
import time
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from overlay.bench.made_up.agents import Dice, agents
from overlay.bench.profiles import profile_of
from overlay.bench.questions import semantic, structured
from overlay.bench.result import percentiles
from overlay.clock import system_clock
from overlay.naming.ids import PartyId
from overlay.policy.caller import Caller
from overlay.registry.acts import Acts
from overlay.registry.record import Presence, Record
from overlay.registry.registration.book import written
from overlay.registry.search.library import Library
from overlay.registry.search.protocol import Find
from overlay.registry.state import State
from overlay.registry.storage.memory import History
from overlay.settings import Settings
from overlay.wire.request import decode_struct

_DOMAIN = "a.example"
_CARD_BYTES = 1100
_WARM = 50


def records(domain: str, count: int) -> Iterator[Record]:
    """Entries of made-up agents, all offline."""
    now, dice = system_clock(), Dice(5)
    for name, said in agents(count):
        yield Record(
            party=f"{name}@{domain}",
            profile=profile_of(said, dice),
            card=secrets.token_bytes(_CARD_BYTES),
            serial=secrets.token_hex(20),
            presence=Presence.OFFLINE,
            resource_id=secrets.token_hex(16),
            registered_at=now,
            changed_at=now,
            version=0,
        )


class Inside:
    """A library of so many agents, whose records lie encoded beside it, as in a registry."""

    def __init__(self, count: int) -> None:
        settings, state = Settings(finds_per_minute=1_000_000_000), State()
        self._rows: dict[str, bytes] = {}
        acts = Acts(History("bench").store(1), settings)
        self._library = Library(acts, state, settings, system_clock, self._read, lambda _: 0)
        self._asker = Caller(PartyId("asker", _DOMAIN), _DOMAIN)
        self.memory: dict[str, int] = {}
        self.filling_us: dict[str, float] = {}
        self._fill(count)

    def ask(self, kind: str, seconds: float) -> dict[str, object]:
        """Latencies of `structured` or `semantic` questions, together and by kind."""
        questions = structured() if kind == "structured" else semantic()
        for _, ask in islice(questions, _WARM):
            self._find(ask)
        taken: defaultdict[str, list[float]] = defaultdict(list)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            name, ask = next(questions)
            taken[name].append(self._find(ask))
        together = [one for some in taken.values() for one in some]
        return {
            "latency_us": percentiles(together),
            "rate_per_s": round(len(together) / sum(together), 1),
            "by_kind": {name: percentiles(some) for name, some in taken.items()},
        }

    def _fill(self, count: int) -> None:
        before = _resident()
        for record in records(_DOMAIN, count):
            self._rows[record.party] = written(record)
        stored = _resident()
        begin = time.perf_counter()
        for row in self._rows.values():
            self._library.catalogue.put(decode_struct(row, Record))
        self.filling_us["index"] = round((time.perf_counter() - begin) / count * 1e6, 1)
        indexed = _resident()
        for party in self._rows:
            self._library.meaning.heard(party)
        begin = time.perf_counter()
        self._library.meaning.catch_up()
        gc.freeze()  # as the registry does
        self.filling_us["meaning"] = round((time.perf_counter() - begin) / count * 1e6, 1)
        sizes = {"record": stored - before, "index": indexed - stored, "meaning": _resident() - indexed}
        self.memory = {f"{name}_bytes_per_agent": size // count for name, size in sizes.items()}

    def _find(self, ask: Find) -> float:
        """Processor time: nothing is waited for in there, and others on this machine do not count."""
        begin = time.thread_time()
        self._library.finder.find(self._asker, ask)
        return time.thread_time() - begin

    def _read(self, party: str) -> Record | None:
        row = self._rows.get(party)
        return None if row is None else decode_struct(row, Record)


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096
