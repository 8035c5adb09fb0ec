"""Keys in the order in which they changed last. Pure."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator

_SLACK = 1024


class Timeline:
    """Each key once, at its newest change; read from any revision on without looking at the rest."""

    def __init__(self) -> None:
        self._newest: dict[str, int] = {}
        self._revisions = array("Q")
        self._keys: list[str] = []

    @property
    def last(self) -> int:
        """The highest revision there was."""
        return self._revisions[-1] if self._revisions else 0

    def revision_of(self, key: str) -> int:
        """Of its newest change; 0: it is not here."""
        return self._newest.get(key, 0)

    def put(self, key: str, revision: int) -> None:
        """`key` changed; revisions rise from call to call."""
        self._newest[key] = revision
        self._revisions.append(revision)
        self._keys.append(key)
        if len(self._keys) > 2 * len(self._newest) + _SLACK:
            self._compact()

    def drop(self, key: str) -> None:
        """Forget it."""
        self._newest.pop(key, None)

    def after(self, revision: int) -> Iterator[tuple[int, str]]:
        """Revisions and keys, oldest first; nothing must be put meanwhile."""
        for at in range(bisect_right(self._revisions, min(revision, self.last)), len(self._keys)):
            key, changed = self._keys[at], self._revisions[at]
            if self._newest.get(key) == changed:
                yield changed, key

    def _compact(self) -> None:
        last = self.last
        kept = list(self.after(0))
        if kept and kept[-1][0] != last:  # `last` must not fall
            kept.append((last, ""))
        self._revisions = array("Q", (revision for revision, _ in kept))
        self._keys = [key for _, key in kept]
