"""Tells a peer what changed in our registry, from where it asked on (GW-4)."""

from __future__ import annotations

import asyncio

import msgspec

from bridges.border.roster import Roster
from bridges.frames.frame import Summary, SyncRequest
from bridges.links.line import Line
from bridges.ports import RegistryPort
from overlay.patience import comes_within
from overlay.registry.peers.protocol import Changes
from overlay.settings import Settings

_encoder = msgspec.msgpack.Encoder()


class Announcer:
    """For one line. Says nothing until the peer asks; then everything, page by page, and each change,
    a pause between, unless somebody was revoked: a peer that asks without end does not wear out our registry.
    And no more pages ahead of what the peer has learned than it has room for.
    """

    def __init__(
        self, line: Line, peer: str, registry: RegistryPort, roster: Roster, settings: Settings
    ) -> None:
        self._line = line
        self._peer = peer
        self._registry = registry
        self._roster = roster
        self._pause_s = settings.gateway_lookup_s
        self._window = settings.gateway_sync_pages
        self._ahead = 0
        self._room = asyncio.Event()
        self._cursor: tuple[str, int] | None = None
        self._wake = asyncio.Event()
        self._urgent = asyncio.Event()

    def request(self, item: SyncRequest) -> None:
        """The peer knows this much, and wants the rest."""
        self._cursor = (item.log, item.since)
        self._ahead = 0
        self._room.set()
        self._wake.set()

    def learned(self) -> None:
        """The peer is done with one page."""
        self._ahead = max(0, self._ahead - 1)
        self._room.set()

    async def run(self) -> None:
        """Until cancelled. Raises OverlayError when the registry does not answer; run it again then."""
        self._roster.listen(self._wake, self._urgent)
        self._wake.set()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if self._cursor is not None:
                    await self._announce(self._cursor)
        finally:
            self._roster.unlisten(self._wake, self._urgent)

    def _proved(self, page: Changes) -> Changes:
        """Those without access are gone, for a peer (GW-1)."""
        good = tuple(record for record in page.records if self._roster.proved(record))
        if len(good) == len(page.records):
            return page
        names = {record.party for record in good}
        gone = tuple(record.party for record in page.records if record.party not in names)
        return msgspec.structs.replace(page, records=good, gone=(*page.gone, *gone))

    async def _announce(self, cursor: tuple[str, int]) -> None:
        page = await self._registry.changes(*cursor, peer=self._peer)
        if self._cursor != cursor:
            return
        self._cursor = (page.log, page.version)
        if page.full or self._cursor != cursor:
            self._line.post(Summary(_encoder.encode(self._proved(page))))
            self._ahead += 1
            await self._line.posted()
            await self._has_room()
        if page.more:
            self._wake.set()
        else:
            await self._rest()

    async def _has_room(self) -> None:
        while self._ahead >= self._window:
            self._room.clear()
            await self._room.wait()

    async def _rest(self) -> None:
        """What was revoked does not wait (CA-8)."""
        await comes_within(self._urgent, self._pause_s)
        self._urgent.clear()
