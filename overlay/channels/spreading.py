"""Telling a channel's members what it is from now on, each in a sealed message of its own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import msgspec

from overlay.channels.announcing import Announcing
from overlay.channels.changing import Changed
from overlay.channels.charter import History, May
from overlay.channels.difference import difference
from overlay.channels.epoch import Epoch
from overlay.channels.roster import Roster
from overlay.channels.talk import TOPIC, Gone, Record, Shared, Talk, Turn, encode_talk
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId

_log = logging.getLogger("overlay.channels")
_AT_ONCE = 16


class Spreading:
    """Of one process of an owner or deputy. Who is not reached asks by itself."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._announcing = Announcing(endpoint)
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._sending: set[asyncio.Task[None]] = set()

    def changed(self, changed: Changed, but: PartyId | None) -> None:
        """All members hear of it, but we and `but`, who is told as an answer; and who is out."""
        before, now, held = changed.before, changed.roster, changed.held
        silent = {str(but), str(self._endpoint.me)}
        self._tell_recorder(now, held.roster)
        authorities = {str(party) for party in now.authorities}
        keyed = {member.party for member in now.members if not member.record} - silent
        change = difference(changed.former.roster, held.roster)
        turn = Turn(b"" if change else held.roster, held.epoch, change=change or b"")
        listening = {member.party for member in now.members if member.read} & keyed - authorities
        if len(listening) > self._endpoint.settings.channel_told_each and _only_came(before, now):
            self._begin(self._try_announce(changed.former.epoch, now, turn), f"announce {now.channel}")
            keyed -= listening
        self._send_all(keyed - authorities, turn)
        self._send_all(keyed & authorities, msgspec.structs.replace(turn, invited=held.invited))
        gone = {one.party for one in before.members} - {one.party for one in now.members} - silent
        self._send_all(gone, Gone(held.roster))

    def released(self, roster: Roster, statement: bytes) -> None:
        """It is no more."""
        self._tell_recorder(roster, statement)
        others = {member.party for member in roster.members if not member.record}
        self._send_all(others - {str(self._endpoint.me)}, Gone(statement))

    def invited(self, roster: Roster, invited: dict[str, May]) -> None:
        """The other authorities hear whom we invited."""
        others = {str(party) for party in roster.authorities} - {str(self._endpoint.me)}
        self._send_all(others, Shared(roster.channel, invited))

    def answered(self, party: PartyId, turn: Turn) -> None:
        """One of them hears all that it may."""
        self._send_all([str(party)], turn)

    def created(self, roster: Roster, statement: bytes) -> None:
        """Who records it hears so."""
        self._tell_recorder(roster, statement)

    async def close(self) -> None:
        """What is still on its way to members goes first, for a while."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=self._endpoint.settings.drain_timeout_s)
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _tell_recorder(self, roster: Roster, statement: bytes) -> None:
        if roster.recorder is not None:
            self._send_all([str(roster.recorder)], Record(statement))

    def _send_all(self, names: Iterable[str], talk: Talk) -> None:
        parties: Sequence[PartyId] = [PartyId.parse(name) for name in sorted(names)]
        for party in parties:
            self._begin(self._try_send(party, talk), f"tell {party}")

    def _begin(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    async def _try_announce(self, former: Epoch, now: Roster, turn: Turn) -> None:
        try:
            await self._announcing.announce(former, now, turn)
        except OverlayError as error:  # who lacks the key asks for it
            self._endpoint.counters["channel-untold"] += 1
            _log.warning("the members of %s are not told yet that somebody came in: %s", now.channel, error)

    async def _try_send(self, party: PartyId, talk: Talk) -> None:
        async with self._room:
            try:
                await self._endpoint.send(party, encode_talk(talk), topic=TOPIC, reliable=True)
            except OverlayError as error:  # who lacks the key asks for it
                self._endpoint.counters["channel-untold"] += 1
                _log.warning("%s is not told yet of a change in a channel: %s", party, error)


def _only_came(before: Roster, now: Roster) -> bool:
    """Whether who was in it stays as it was; with history there are former secrets to be told, too."""
    return now.history is History.NONE and set(before.members) <= set(now.members)
