"""Of which domains the ways have changed, since when: for whoever tells others. Pure."""

from __future__ import annotations


class ChangeLog:
    """Remembers the newest change of each of the `limit` domains that changed last."""

    def __init__(self, limit: int) -> None:
        self.version = 0
        self._limit = limit
        self._floor = 0
        self._changed: dict[str, int] = {}

    def mark(self, domain: str) -> None:
        """It changed just now."""
        self.version += 1
        self._changed.pop(domain, None)
        self._changed[domain] = self.version
        if len(self._changed) > self._limit:
            oldest = next(iter(self._changed))
            self._floor = self._changed.pop(oldest)

    def everything(self) -> None:
        """All of them may have changed."""
        self.version += 1
        self._floor = self.version
        self._changed.clear()

    def since(self, version: int) -> list[str] | None:
        """What changed after it; None: that is too long ago, look at everything."""
        if version < self._floor:
            return None
        found = []
        for domain in reversed(self._changed):
            if self._changed[domain] <= version:
                break
            found.append(domain)
        return found
