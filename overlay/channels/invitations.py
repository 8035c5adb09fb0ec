"""Which channels an agent may join by an invitation of its own, and whom it asks: kept in its folder."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec

from overlay.channels.roster import Roster
from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.private_files import private_folder, read_private, write_private
from overlay.turn import turn
from overlay.wire.malformed import MALFORMED

_MOST = 1000


class Invitations:
    """One file for all processes of the agent. Without a folder: what this process knows."""

    def __init__(self, folder: Path | None, per_owner: int) -> None:
        """`per_owner`: channels of one owner that are remembered."""
        self._file = None if folder is None else folder / "invitations"
        self._per_owner = per_owner
        self._memory: dict[str, list[str]] = {}

    def authorities(self, channel: PartyId) -> tuple[PartyId, ...]:
        """Who lets us in, its owner first; empty: not invited by name. Raises BadSettings, BadInput."""
        return tuple(PartyId.parse(name) for name in self._load().get(str(channel), ()))

    def __len__(self) -> int:
        """Channels that are remembered."""
        return len(self._load())

    async def remember(self, roster: Roster) -> None:
        """The latest: who invites without end pushes out its own first. Raises BadSettings."""
        if self._file is None:
            self._memory = self._with(self._memory, roster)
            return
        private_folder(self._file.parent)
        async with turn(self._file.parent / "turn.lock"):
            found = self._with(self._load(), roster)
            await asyncio.to_thread(write_private, self._file, msgspec.msgpack.encode(found))

    def _with(self, known: dict[str, list[str]], roster: Roster) -> dict[str, list[str]]:
        found = {channel: asked for channel, asked in known.items() if channel != roster.channel}
        its = [channel for channel, asked in found.items() if asked[0] == roster.owner]
        if len(its) >= self._per_owner:
            del found[its[0]]
        elif len(found) >= _MOST:
            del found[next(iter(found))]
        return found | {roster.channel: [str(party) for party in roster.authorities]}

    def _load(self) -> dict[str, list[str]]:
        if self._file is None or not self._file.exists():
            return self._memory
        try:
            return msgspec.msgpack.decode(read_private(self._file), type=dict[str, list[str]])
        except MALFORMED as error:
            raise BadInput(f"{self._file} is damaged: remove it: {error}") from error
