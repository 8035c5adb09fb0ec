"""Which former secrets of a channel with history who comes in, or lacks some, may have (GW-24)."""

from __future__ import annotations

import logging

from overlay.channels.charter import History
from overlay.channels.epoch import Epoch
from overlay.channels.roster import Member, Roster
from overlay.channels.vault import Held
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.sessions.protocol import RECORD_TOPIC, Kind, ReadRecord, RecordPage, encode_ask
from overlay.wire.envelope import decode_envelope
from overlay.wire.request import decode_struct

_LINES = 16
_log = logging.getLogger("overlay.channels")


class Granting:
    """By one process of an owner or deputy. Nobody else grants anything."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    async def past(self, held: Held, roster: Roster, member: Member) -> tuple[Epoch, ...]:
        """All of them where the channel shows its whole past, and for owner and deputies, who pass them on;
        else those since it came in, and before that as far as the channel's last publications go back.
        """
        if member.record or roster.history is History.NONE:
            return ()
        if member.party in {str(party) for party in roster.authorities}:
            return held.past
        if not member.read:
            return ()
        if roster.history is History.ALL:
            return held.past
        first = min(member.since, await self._recent(held, roster))
        return tuple(epoch for epoch in held.past if epoch.version >= first)

    async def _recent(self, held: Held, roster: Roster) -> int:
        """The version under which the oldest of the last lines was sealed; the record knows."""
        try:
            last = (await self._read(roster, roster.version, 1)).last
            key_id = await self._key_after(roster, max(0, last - roster.recent))
        except OverlayError as error:
            _log.warning("what of %s is recent is not known: %s", roster.channel, error)
            return roster.version
        versions = {epoch.id: epoch.version for epoch in (*held.past, held.epoch)}
        return versions.get(key_id, roster.version)

    async def _key_after(self, roster: Roster, after: int) -> bytes:
        """Under which key the first publication after this number was sealed; empty: there is none."""
        while True:
            page = await self._read(roster, after, _LINES)
            for line in page.lines:
                if line.kind is Kind.SAID:
                    return decode_envelope(line.data).header.key_id
                after = line.number
            if not page.lines or after >= page.last:
                return b""

    async def _read(self, roster: Roster, after: int, limit: int) -> RecordPage:
        recorder = roster.recorder
        assert recorder is not None
        ask = encode_ask(ReadRecord(roster.channel, after, limit))
        wait_s = self._endpoint.settings.channel_deputy_wait_s
        answer = await self._endpoint.ask(recorder, ask, topic=RECORD_TOPIC, timeout_s=wait_s)
        return decode_struct(answer.body, RecordPage)
