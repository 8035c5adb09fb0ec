"""Keeping up with who is in the channels that the service records: by the registry's table of channels."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol
from weakref import WeakValueDictionary

from overlay.channels.protocol import ChannelLine, ChannelTold
from overlay.errors import NotFound, OverlayError, Unavailable
from overlay.sessions.company import Company, company_of
from overlay.settings import Settings

_log = logging.getLogger("overlay.sessions")
Changed = Callable[[Company | None, str], Awaitable[None]]
"""Told of a channel that is another; None: that is no more. When it returns, that is written down."""


class Table(Protocol):
    """The registry's."""

    async def show(self, channel: str) -> ChannelTold:
        """One channel. Raises NotFound, Unavailable."""

    async def all(self) -> list[ChannelLine]:
        """Those that the service records. Raises Unavailable."""


class Companies:
    """What is known is at most `session_check_s` old while the registry answers, and counts for
    `session_stale_s` while it does not.
    """

    def __init__(self, table: Table, settings: Settings, changed: Changed) -> None:
        self._table = table
        self._settings = settings
        self._now = asyncio.get_running_loop().time
        self._changed = changed
        self._known: dict[str, tuple[Company, float]] = {}
        self._looked_at: dict[str, float] = {}
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def known(self) -> Mapping[str, tuple[Company, float]]:
        """What counts now, and since when it was not looked at again."""
        return self._known

    async def of(self, channel: str) -> Company:
        """Who is in it. Raises NotFound (it is no more, or never was), Refused, Unavailable."""
        known = self._known.get(channel)
        if known is not None and known[1] >= self._now() - 2 * self._settings.session_check_s:
            return known[0]
        try:
            return await self.again(channel)
        except Unavailable as error:
            if known is None or known[1] < self._now() - self._settings.session_stale_s:
                raise
            _log.warning("who is in %s is as it was said before: %s", channel, error)
            return known[0]

    async def again(self, channel: str) -> Company:
        """As the registry says now; it is not asked of one channel more often than `session_retry_s`."""
        asked = self._now()
        turn = self._turns.setdefault(channel, asyncio.Lock())
        async with turn:
            known = self._known.get(channel)
            if known is not None and known[1] >= asked:  # somebody else asked after we came
                return known[0]
            pause_s = self._looked_at.get(channel, 0.0) + self._settings.session_retry_s - self._now()
            if known is not None and pause_s > 0:
                await asyncio.sleep(pause_s)
            return await self._look(channel)

    async def sweep(self) -> None:
        """Look at those that changed. Raises Unavailable."""
        asked = self._now()
        lines = {line.channel: line for line in await self._table.all()}
        for channel, (company, at) in list(self._known.items()):
            line = lines.get(channel)
            if at >= asked:
                continue
            if line is not None and _is_same(line, company):
                self._known[channel] = company, asked
                continue
            try:
                await self.again(channel)
            except NotFound:
                continue
            except OverlayError as error:
                _log.warning("who is in %s is not known: %s", channel, error)

    def forget(self, channel: str) -> None:
        """It is of no interest any more."""
        self._known.pop(channel, None)
        self._looked_at.pop(channel, None)

    async def _look(self, channel: str) -> Company:
        asked = self._looked_at[channel] = self._now()
        before = self._known.get(channel)
        try:
            company = company_of(channel, await self._table.show(channel))
        except NotFound:
            self.forget(channel)
            await self._changed(None, channel)
            raise
        if before is None or before[0] != company:
            await self._changed(company, channel)
        self._known[channel] = company, asked
        return company


def _is_same(line: ChannelLine, company: Company) -> bool:
    """The line's count has the recorder, too."""
    return (line.version, line.members) == (company.rank[1], company.rank[2] + 1)
