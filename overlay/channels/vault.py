"""What an agent keeps of its channels in its folder, for all of its processes: rosters and secrets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from overlay.channels.epoch import Epoch
from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.private_files import private_folder, read_private, write_private
from overlay.turn import turn
from overlay.wire.malformed import MALFORMED


class Held(msgspec.Struct, frozen=True, array_like=True):
    """One channel."""

    roster: bytes
    epoch: Epoch
    invited: tuple[str, ...] = ()
    """Whom its owner let come in."""
    gone: tuple[str, ...] = ()
    """Who was in it, and is not any more, the latest last: they may hear so."""


class Vault:
    """A file for each channel, for its owner's eyes only. Without a folder: what this process knows."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[PartyId, Held] = {}
        self._turns: dict[PartyId, asyncio.Lock] = {}

    def names(self) -> list[PartyId]:
        """The channels that are kept."""
        if self._folder is None:
            return sorted(self._memory)
        files = self._folder.glob("*@*") if self._folder.exists() else ()
        return sorted(PartyId.parse(file.name) for file in files if not file.name.startswith("."))

    def stamp(self, channel: PartyId) -> int:
        """Another one after each `save` by whichever process; 0: it is not kept."""
        if self._folder is None:
            return id(self._memory[channel]) if channel in self._memory else 0
        try:
            return self._file(channel).stat().st_mtime_ns
        except FileNotFoundError:
            return 0

    def load(self, channel: PartyId) -> Held | None:
        """What is kept of it. Raises BadSettings."""
        if self._folder is None:
            return self._memory.get(channel)
        if not self._file(channel).exists():
            return None
        try:
            return msgspec.msgpack.decode(read_private(self._file(channel)), type=Held)
        except MALFORMED as error:
            raise BadInput(f"{self._file(channel)} is damaged: remove it and join again: {error}") from error

    async def save(self, channel: PartyId, held: Held) -> None:
        """On the disk when this returns. Raises BadSettings."""
        if self._folder is None:
            self._memory[channel] = held
            return
        private_folder(self._folder)
        await asyncio.to_thread(write_private, self._file(channel), msgspec.msgpack.encode(held))

    def drop(self, channel: PartyId) -> None:
        """Forget it."""
        self._memory.pop(channel, None)
        if self._folder is not None:
            self._file(channel).unlink(missing_ok=True)

    @asynccontextmanager
    async def turn(self, channel: PartyId) -> AsyncIterator[None]:
        """One change of a channel at a time, by whichever process."""
        async with self._turns.setdefault(channel, asyncio.Lock()):
            if self._folder is None:
                yield
                return
            private_folder(self._folder)
            async with turn(self._folder / "turn.lock"):
                yield

    def _file(self, channel: PartyId) -> Path:
        assert self._folder is not None
        return self._folder / str(channel)
