"""What an agent keeps of its sessions in its folder, for all of its processes."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from overlay.endpoint.logged import log_error
from overlay.endpoint.state_file import StateFile
from overlay.errors import BadSeal
from overlay.private_files import private_folder, read_private, write_private
from overlay.sessions.protocol import Entry
from overlay.turn import turn
from overlay.wire.request import decode_struct, encode_struct

_SCHEMA = """
CREATE TABLE IF NOT EXISTS sessions (channel TEXT PRIMARY KEY, entry BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS places (
    channel TEXT PRIMARY KEY, incarnation BLOB NOT NULL, number INTEGER NOT NULL) WITHOUT ROWID;
"""
_NONCE_BYTES = 12


class Memory:
    """Made when the agent first has to do with sessions. `close` it."""

    def __init__(self, folder: Path, busy_s: float) -> None:
        private_folder(folder)
        self._folder = folder
        self._file = StateFile(folder / "sessions.db", _SCHEMA, busy_s, log_error)

    async def close(self) -> None:
        """Idempotent."""
        await self._file.close()

    def all(self) -> dict[str, Entry]:
        """The sessions that we were in last, as they were then."""
        rows = self._file.read("SELECT channel, entry FROM sessions ORDER BY channel")
        return {channel: decode_struct(entry, Entry) for channel, entry in rows}

    async def remember(self, entry: Entry) -> None:
        """We are in it."""
        await self._file.write("REPLACE INTO sessions VALUES (?, ?)", (entry.session, encode_struct(entry)))

    async def forget(self, channel: str) -> None:
        """We are in it no more."""
        await self._file.write("DELETE FROM sessions WHERE channel = ?", (channel,))

    def place(self, channel: str, incarnation: bytes) -> int:
        """The number of the last event that was done."""
        found = self._file.read(
            "SELECT number FROM places WHERE channel = ? AND incarnation = ?", (channel, incarnation)
        )
        return int(found[0][0]) if found else 0

    async def done(self, channel: str, incarnation: bytes, number: int) -> None:
        """Up to this, all events are done."""
        await self._file.write("REPLACE INTO places VALUES (?, ?, ?)", (channel, incarnation, number))

    @asynccontextmanager
    async def reading(self, channel: str) -> AsyncIterator[None]:
        """One reader at a time goes on from the kept place; another process waits until it has ended."""
        async with turn(self._folder / f"{channel}.lock"):
            yield

    def seal(self, state: bytes, about: bytes) -> bytes:
        """For this agent alone, whichever of its processes."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher().encrypt(nonce, state, about)

    def open(self, sealed: bytes, about: bytes) -> bytes:
        """Raises BadSeal."""
        try:
            return self._cipher().decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], about)
        except (InvalidTag, ValueError) as error:
            raise BadSeal(
                f"this checkpoint does not open: it was made with another key than the one in {self._folder}"
            ) from error

    def _cipher(self) -> AESGCM:
        file = self._folder / "checkpoint.key"
        if not file.exists():
            write_private(file, AESGCM.generate_key(256))
        return AESGCM(read_private(file))
