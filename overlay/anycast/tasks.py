"""Who has which task: the same one is asked again as long as it answers. Pure."""

from __future__ import annotations

from collections import OrderedDict

from overlay.naming.ids import PartyId


class Tasks:
    """The latest `limit` tasks."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._holders: OrderedDict[tuple[str, str], PartyId] = OrderedDict()

    def holder(self, skill: str, task: str) -> PartyId | None:
        """Who works on it; None: nobody yet, or there is no task."""
        return self._holders.get((skill, task)) if task else None

    def took(self, skill: str, task: str, party: PartyId) -> None:
        """It answered."""
        if not task:
            return
        self._holders.pop((skill, task), None)
        self._holders[skill, task] = party
        if len(self._holders) > self._limit:
            self._holders.popitem(last=False)

    def failed(self, skill: str, task: str, party: PartyId) -> None:
        """It did not: somebody else may have it."""
        if self._holders.get((skill, task)) == party:
            del self._holders[skill, task]
