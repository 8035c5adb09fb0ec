"""The simulated world of the examples: homes, lines, network elements, engineers' calendars, in one file.

Agents in any number of processes share it, as they would share the real one. What was done to it is in its
journal, so that a test can count it.
"""

from __future__ import annotations

import asyncio
import hashlib
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

_TABLES = """
    PRAGMA journal_mode = WAL;
    CREATE TABLE fact (name TEXT PRIMARY KEY, value TEXT NOT NULL);
    CREATE TABLE effect (
        key TEXT PRIMARY KEY, what TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
    );
"""
_WAIT_S = 20.0


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that was done to the world."""

    what: str
    subject: str
    detail: str


class Change:
    """Reads and writes that happen together, or not at all."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> dict[str, Any]:
        """What is known by this name; empty where nothing is."""
        row = self._connection.execute("SELECT value FROM fact WHERE name = ?", (name,)).fetchone()
        found: dict[str, Any] = msgspec.json.decode(row[0]) if row else {}
        return found

    def put(self, name: str, value: dict[str, Any]) -> None:
        """From now on it is so."""
        text = msgspec.json.encode(value).decode()
        self._connection.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (name, text))

    def happened(self, key: str) -> str | None:
        """What came of the request `key`, if it was made before."""
        row = self._connection.execute("SELECT detail FROM effect WHERE key = ?", (key,)).fetchone()
        return str(row[0]) if row else None

    def note(self, key: str, what: str, subject: str, detail: str = "") -> None:
        """Into the journal."""
        self._connection.execute("INSERT INTO effect VALUES (?, ?, ?, ?)", (key, what, subject, detail))


class Plant:
    """The world in a file. What is done twice under the same key (a task's ID) is done once."""

    def __init__(self, file: Path) -> None:
        self.file = file
        with self.change() as change:
            world = change.get("world")
        self._seed = world["seed"]
        self._pace_s = world["pace_s"]

    @classmethod
    def create(cls, file: Path, *, seed: int = 1, pace_s: float = 0.0) -> Plant:
        """A new world; the same seed makes the same one. `pace_s`: how long each piece of work takes."""
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(_TABLES)
            with connection:
                Change(connection).put("world", {"seed": seed, "pace_s": pace_s})
        return cls(file)

    @contextmanager
    def change(self) -> Iterator[Change]:
        """Nobody else changes anything meanwhile."""
        with closing(sqlite3.connect(self.file, timeout=_WAIT_S, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")  # a killed process loses nothing by it
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield Change(connection)

    def effects(self, what: str, subject: str = "") -> list[Effect]:
        """What was done, in order."""
        with closing(sqlite3.connect(self.file, timeout=_WAIT_S)) as connection:
            rows = connection.execute(
                "SELECT what, subject, detail FROM effect WHERE what = ? AND (? = '' OR subject = ?)"
                " ORDER BY rowid",
                (what, subject, subject),
            ).fetchall()
        return [Effect(*row) for row in rows]

    def draw(self, *words: str) -> float:
        """Chance, from 0 to below 1: the same for the same words, whatever was drawn before."""
        digest = hashlib.sha256("\0".join((str(self._seed), *words)).encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48

    async def work(self) -> None:
        """A piece of work in the real world takes its time."""
        await asyncio.sleep(self._pace_s)
