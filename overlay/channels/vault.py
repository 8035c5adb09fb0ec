"""What an agent keeps of its channels in its folder, for all of its processes: rosters and secrets."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from overlay.channels.charter import History, May
from overlay.channels.epoch import Epoch
from overlay.channels.roster import Roster, known_roster
from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.private_files import private_folder, read_private, write_private
from overlay.turn import turn
from overlay.wire.malformed import MALFORMED

_GONE = 1000
_ENDED = "ended"


class Held(msgspec.Struct, frozen=True, array_like=True):
    """One channel."""

    roster: bytes
    epoch: Epoch
    invited: dict[str, May] = {}
    """Whom its owner or a deputy let come in."""
    gone: tuple[str, ...] = ()
    """Who was in it, and is not any more, the latest last: they may hear so."""
    past: tuple[Epoch, ...] = ()
    """Former secrets, in a channel with history, in order of their versions."""
    deputies: tuple[str, ...] = ()
    """Who becomes a deputy when it comes in."""

    def turned(
        self,
        statement: bytes,
        roster: Roster,
        epoch: Epoch,
        *,
        most: int,
        granted: Iterable[Epoch] = (),
        invited: Mapping[str, May] | None = None,
    ) -> Held:
        """From now on it is this. `most`: former secrets that are kept."""
        before, now = known_roster(self.roster), {member.party for member in roster.members}
        out = [member.party for member in before.members if member.party not in now]
        told = self.invited | dict(invited or {})
        asked = {who: may for who, may in told.items() if who not in out or may is May.NOTHING}
        gone = [party for party in dict.fromkeys((*self.gone, *out)) if party not in now]
        past = {one.id: one for one in (*self.past, self.epoch, *granted) if one.id != epoch.id}
        kept = sorted(past.values(), key=lambda one: one.version)[-most:]
        past_now = tuple(kept) if roster.history is not History.NONE else ()
        return Held(statement, epoch, asked, tuple(gone[-_GONE:]), past_now, self.deputies)

    def with_past(self, granted: Iterable[Epoch], most: int) -> Held:
        """It knows these former secrets as well."""
        return self.turned(self.roster, known_roster(self.roster), self.epoch, most=most, granted=granted)


class Vault:
    """A file for each channel, for its owner's eyes only. Without a folder: what this process knows. Of
    channels with history that have ended the secrets are kept for as long as their records.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._memory: dict[PartyId, Held] = {}
        self._ended: dict[PartyId, Held] = {}
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
        return self._read(self._file(channel))

    async def save(self, channel: PartyId, held: Held) -> None:
        """On the disk when this returns. Raises BadSettings."""
        if self._folder is None:
            self._memory[channel] = held
            return
        private_folder(self._folder)
        await asyncio.to_thread(write_private, self._file(channel), msgspec.msgpack.encode(held))

    def ended(self, channel: PartyId) -> Held | None:
        """What is kept of one with history that has ended, so that its record can be read."""
        if self._folder is None:
            return self._ended.get(channel)
        return self._read(self._file(channel, _ENDED))

    def retire(self, channel: PartyId, now: float) -> None:
        """It is no more, or we are out of it, since `now`, in seconds since 1970."""
        held = self.load(channel)
        if held is None:
            return
        if known_roster(held.roster).history is History.NONE:
            self.drop(channel)
        elif self._folder is None:
            self._ended[channel] = self._memory.pop(channel)
        else:
            private_folder(self._folder / _ENDED)
            file = self._file(channel, _ENDED)
            self._file(channel).replace(file)
            os.utime(file, (now, now))

    def tidy(self, before: float) -> None:
        """Forget what ended before then."""
        for file in (self._folder / _ENDED).glob("*@*") if self._folder is not None else ():
            if file.stat().st_mtime < before:
                file.unlink(missing_ok=True)

    def drop(self, channel: PartyId) -> None:
        """Forget it."""
        self._memory.pop(channel, None)
        self._ended.pop(channel, None)
        if self._folder is not None:
            self._file(channel).unlink(missing_ok=True)
            self._file(channel, _ENDED).unlink(missing_ok=True)

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

    @staticmethod
    def _read(file: Path) -> Held | None:
        if not file.exists():
            return None
        try:
            return msgspec.msgpack.decode(read_private(file), type=Held)
        except MALFORMED as error:
            raise BadInput(f"{file} is damaged: remove it and join again: {error}") from error

    def _file(self, channel: PartyId, of: str = "") -> Path:
        assert self._folder is not None
        return self._folder / of / str(channel)
