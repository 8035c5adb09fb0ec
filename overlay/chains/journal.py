"""What an agent wrote down of its chains: committed before anything follows from it.

One process writes on a chain at a time (`claim.py`); any may read.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec

from overlay.chains.document import decode_chain
from overlay.chains.facts import Facts, Outcome, Stop, unit_of
from overlay.chains.layout import Layout
from overlay.chains.run import ChainEvent, ChainState
from overlay.chains.showing import ChainShown, shown_steps
from overlay.endpoint.state_file import Row, StateFile
from overlay.errors import NotFound
from overlay.transport.contract import OnError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS chains (
    id TEXT PRIMARY KEY, order_of BLOB NOT NULL, began REAL NOT NULL, state TEXT NOT NULL,
    stop TEXT NOT NULL, ended REAL NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS events (
    chain TEXT NOT NULL, number INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (chain, number))
    WITHOUT ROWID;
"""


class ChainOrder(msgspec.Struct, frozen=True):
    """What is to be done."""

    id: str
    document: bytes
    input: bytes
    context: bytes
    waits: bool
    """Whether it waits for skills that nobody offers yet."""
    began: float
    deadline: float
    """0: none."""


class ChainRow(msgspec.Struct, frozen=True):
    """A chain that was begun."""

    order: ChainOrder
    state: ChainState
    stop: Stop
    """What somebody asked for."""
    ended: float


FILE = "chains.db"
"""In the folder `chains` of an agent."""


class Journal:
    """Of one agent, in its folder. `close` it."""

    def __init__(self, path: Path, busy_s: float, on_error: OnError) -> None:
        self._file = StateFile(path, _SCHEMA, busy_s, on_error)

    async def add(self, order: ChainOrder) -> bool:
        """False: one of this ID is there already. Raises Unavailable, as all here."""
        values = (order.id, msgspec.msgpack.encode(order), order.began)

        def change(connection: sqlite3.Connection) -> bool:
            sql = "INSERT OR IGNORE INTO chains VALUES (?, ?, ?, 'running', '', 0)"
            return connection.execute(sql, values).rowcount == 1

        return await self._file.change(change)

    async def note(self, chain: str, event: ChainEvent) -> None:
        """The next event. The last one also ends the chain."""

        def change(connection: sqlite3.Connection) -> None:
            data = msgspec.msgpack.encode(event)
            connection.execute("INSERT INTO events VALUES (?, ?, ?)", (chain, event.number, data))
            if event.kind == "finished":
                values = (event.outcome, event.at, chain)
                connection.execute("UPDATE chains SET state = ?, ended = ? WHERE id = ?", values)

        await self._file.change(change)

    async def ask_stop(self, chain: str) -> None:
        """Whoever works on it is to stop."""
        await self._file.write("UPDATE chains SET stop = 'cancelled' WHERE id = ?", (chain,))

    async def forget(self, before: float) -> None:
        """Chains that ended earlier."""

        def change(connection: sqlite3.Connection) -> None:
            old = "DELETE FROM chains WHERE state != 'running' AND ended < ?"
            if connection.execute(old, (before,)).rowcount:
                connection.execute("DELETE FROM events WHERE chain NOT IN (SELECT id FROM chains)")

        await self._file.change(change)

    def row(self, chain: str) -> ChainRow:
        """Raises NotFound."""
        sql = "SELECT order_of, state, stop, ended FROM chains WHERE id = ?"
        found = self._file.read(sql, (chain,))
        if not found:
            raise NotFound(f"there is no chain {chain!r} here: `overlay chain list` shows all")
        return _row(found[0])

    def rows(self, most: int) -> list[ChainRow]:
        """The latest first."""
        sql = "SELECT order_of, state, stop, ended FROM chains ORDER BY began DESC LIMIT ?"
        return [_row(row) for row in self._file.read(sql, (most,))]

    def running(self) -> list[str]:
        """Those that have not ended, the oldest first."""
        rows = self._file.read("SELECT id FROM chains WHERE state = 'running' ORDER BY began")
        return [str(row[0]) for row in rows]

    def events(self, chain: str, after: int = 0) -> list[ChainEvent]:
        """Those after a number."""
        sql = "SELECT event FROM events WHERE chain = ? AND number > ? ORDER BY number"
        rows = self._file.read(sql, (chain, after))
        return [msgspec.msgpack.decode(row[0], type=ChainEvent) for row in rows]

    async def close(self) -> None:
        """Idempotent."""
        await self._file.close()


def facts_of(order: ChainOrder, events: list[ChainEvent]) -> Facts:
    """What is known of a chain by its events."""
    facts = Facts(order.input)
    for event in events:
        unit = unit_of(event.step, undo=event.undo)
        match event.kind:
            case "started":
                facts.began(unit, event.at)
            case "assigned":
                facts.assigned(unit, event.agent)
            case "ended":
                facts.ended(unit, _outcome(event.outcome), event.at, event.output, event.error)
            case "stopped":
                facts.stopped("expired" if event.outcome == "expired" else "cancelled")
            case "finished":
                break
    return facts


def _outcome(text: str) -> Outcome:
    found: Outcome = msgspec.convert(text, Outcome)
    return found


def _row(row: Row) -> ChainRow:
    order, state, stop, ended = row
    return ChainRow(msgspec.msgpack.decode(order, type=ChainOrder), state, stop, ended)


def shown(row: ChainRow, events: list[ChainEvent]) -> ChainShown:
    """For whoever looks on."""
    order = row.order
    layout = Layout.of(decode_chain(order.document, len(order.document)))
    steps = shown_steps(layout, facts_of(order, events))
    error = events[-1].error if row.ended else ""
    return ChainShown(order.id, layout.chain.name, row.state, order.began, row.ended, steps, error)
