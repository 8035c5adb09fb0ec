"""What a store of the registry promises: keys and values, one order of all changes, an audit log. Pure.

The registry decides from what its store fed to it, and writes what it decided together with the revisions
that it decided from. With one process nobody is in between; with several, one of two that write the same key
gets `Conflict`, hears through its feed what the other wrote, and decides again. So every store serves one
process or several alike, and any of them may be killed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, Final, Protocol

import msgspec

from overlay.errors import Unavailable

WRITES_AT_ONCE: Final = 500
"""In one commit."""


class Conflict(Unavailable):
    """Somebody else wrote one of the keys meanwhile: nothing was written. Decide again."""

    reason: ClassVar[str] = "conflict"


class Entry(msgspec.Struct, frozen=True, array_like=True):
    """What a key holds since `revision`, a number that rises with each write to any key of the store."""

    key: str
    """Tokens joined by dots (`overlay.registry.storage.keys`)."""
    value: bytes | None
    """None: it was deleted. A store remembers deletions, so that who was away hears of them."""
    revision: int
    """0: the deletion is forgotten."""


class Write(msgspec.Struct, frozen=True):
    """A change of one key: another value, or None to delete it."""

    key: str
    value: bytes | None
    expected: int | None = None
    """The revision that the key must have now (0: it was never written); None: whatever it has."""


class Note(msgspec.Struct, frozen=True):
    """An operation for the audit log: who, what, about whom, and what came of it."""

    who: str
    what: str
    about: str
    outcome: str = "done"


Feed = Callable[[Sequence[Entry]], None]
"""Takes entries in the order of their revisions, and those of one act together. It must not raise."""


class Store(Protocol):
    """Not safe for use by several threads; for several tasks it is."""

    @property
    def log(self) -> str:
        """Which history this is: another after a restore, for revisions may come again then."""
        ...

    async def open(self, feed: Feed) -> None:
        """Feeds the newest entry of each key, deletions included, and from now on the changes in order, those
        of other processes too; after a lost connection, of each key the newest. Returns when all that was
        there is fed.

        Raises BadSettings (not a store, or of another version), Unavailable.
        """
        ...

    async def commit(self, writes: Sequence[Write], notes: Sequence[Note] = ()) -> int:
        """All of it, or nothing; notes join the audit log in the same act. Returns, once the feed of this
        process has had it and everything before it, the revision of the last write (of the newest entry
        when there is no write). It is then on the disk of the store.

        Up to `WRITES_AT_ONCE`, each of another key (`overlay.registry.storage.keys.check_writes`).

        Raises Conflict, Unavailable (nothing was written, or, after a lost connection, not known), BadInput.
        """
        ...

    async def forget(self, keys: Sequence[str], upto: int) -> None:
        """Remove the deletions of `keys` for good, but those newer than revision `upto`: these keys were then
        never written, and are fed with revision 0. Another handle hears of it when it does the same, or when
        it writes such a key (`Conflict`). Idempotent. Raises Unavailable.
        """
        ...

    def note(self, note: Note) -> None:
        """For the audit log, with the next commit or `flush`: of questions, which change nothing.
        Raises Overloaded when too many wait (`audit_buffer`).
        """
        ...

    async def flush(self) -> None:
        """Write the notes that wait. Raises Unavailable."""
        ...

    async def run(self) -> None:
        """Keeps the feed going, until cancelled. Raises Unavailable when it cannot go on."""
        ...

    async def close(self) -> None:
        """Idempotent."""
        ...
