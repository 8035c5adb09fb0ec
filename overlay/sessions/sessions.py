"""All sessions of one process of an agent: opened, joined, gone on with after a restart, left."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from overlay.backoff import Backoff
from overlay.channels.channel import Channel
from overlay.channels.charter import RECORDER, History
from overlay.channels.client import ChannelsClient
from overlay.channels.founding import Founding
from overlay.channels.groups import Groups
from overlay.channels.recording import Sealed
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Handler
from overlay.errors import BadInput, NotFound, NotPermitted, OverlayError, Refused
from overlay.naming.ids import PartyId
from overlay.quality.quality import Quality, check_quality
from overlay.registry.client import RegistryClient
from overlay.sessions.client import SessionsClient
from overlay.sessions.memory import Memory
from overlay.sessions.protocol import Entry, Open
from overlay.sessions.service import SessionService
from overlay.sessions.session import Session

_log = logging.getLogger("overlay.sessions")
_TRIES = 5


class Sessions:
    """A `Work`. Of the agent named `sessions` it is the domain's session service, too."""

    def __init__(self, endpoint: Endpoint, registry: RegistryClient, groups: Groups, folder: Path) -> None:
        """`folder`: where we keep what must outlive this process."""
        self._endpoint = endpoint
        self._groups = groups
        self._folder = folder
        self._memory: Memory | None = None
        self._open: dict[PartyId, Session] = {}
        self.service: SessionService | None = None
        """Only of the session service itself."""
        if endpoint.me.name == RECORDER:
            self.service = SessionService(endpoint, ChannelsClient(registry), folder.parent / "records.db")
            groups.record_by(self._record)

    # -- the agent's -------------------------------------------------------------------------------------
    async def open(self, name: str, founding: Founding, quality: Quality, idle_s: float) -> Session:
        """See `Agent.open_session`."""
        check_quality(quality)
        ours = self._ours(name)
        channel = ours or await self._groups.create(name, founding)
        try:
            entry = await SessionsClient(self._endpoint).open(Open(str(channel.id), quality, idle_s))
        except Refused:
            if ours is None:  # nobody keeps sessions here
                await channel.release()
            raise
        if not entry.ended:
            return await self._begun(channel, entry)
        await channel.release()
        return await self.open(name, founding, quality, idle_s)

    async def join(self, name: PartyId, owner: PartyId | None) -> Session:
        """See `Agent.join_session`."""
        over = await self._over(name)
        if over is not None:
            return over
        channel = await self._groups.join(name, owner)
        known = self._open.get(name)
        if known is not None and known.channel is channel:
            return known
        return await self._begun(channel, await self._entry(name))

    def all(self) -> list[Session]:
        """Those that we are in, in order of their IDs."""
        return [self._open[name] for name in sorted(self._open) if self._open[name].channel.open]

    # -- the library's -----------------------------------------------------------------------------------
    @property
    def topics(self) -> Mapping[str, Handler]:
        """See `overlay.agent.work`."""
        return self.service.topics if self.service else {}

    async def begin(self) -> None:
        """Go on with what is in the folder. Raises Unavailable (the disk)."""
        if not self._folder.exists():
            return
        channels = {channel.id: channel for channel in self._groups.all()}
        for name, entry in self._kept.all().items():
            channel = channels.get(PartyId.parse(name))
            if channel is None:
                await self._kept.forget(name)
            else:
                self._make(channel, entry)

    async def run(self) -> None:
        """Release the channels of ours whose sessions ended, until cancelled; the service's own work."""
        if self.service is not None:
            await self.service.run()
        while True:
            await asyncio.sleep(self._endpoint.settings.channel_check_s)
            for session in self.all():
                await self._look_after(session)

    async def close(self) -> None:
        """Idempotent."""
        if self._memory is not None:
            await self._memory.close()
        if self.service is not None:
            await self.service.close()

    async def drop(self, session: Session) -> None:
        """We are in it no more."""
        self._open.pop(session.id, None)
        await self._kept.forget(str(session.id))

    async def refresh_key(self, channel: Channel) -> None:
        """What is sealed now, all can read who were let in before. Raises Unavailable."""
        await self._groups.refresh(channel)

    async def learn_key(self, channel: Channel) -> None:
        """Ask who leads it for secrets that we lack. Raises Unavailable, Refused."""
        await self._groups.learn(channel)

    async def _record(self, sealed: Sealed) -> None:
        """It is acknowledged when it is on the disk; what this raises makes it come again."""
        assert self.service is not None
        try:
            await self.service.record(sealed.envelope)
        except (BadInput, Refused) as error:  # nobody's word: it would be the same the next time
            self._endpoint.counters[f"record-{error.reason}"] += 1
        await sealed.stored.ack()

    @staticmethod
    def report(what: str, error: OverlayError) -> None:
        """Something that nobody waits for."""
        _log.warning("%s: %s", what, error)

    @property
    def _kept(self) -> Memory:
        if self._memory is None:
            self._memory = Memory(self._folder, self._endpoint.settings.state_busy_s)
        return self._memory

    def _ours(self, name: str) -> Channel | None:
        """A channel with history of this name that we made before: its session is opened again."""
        channel = PartyId.of(name, self._endpoint.me.domain)
        for one in self._groups.all():
            if one.id == channel and one.owner == self._endpoint.me and one.history is not History.NONE:
                return one
        return None

    async def _entry(self, name: PartyId) -> Entry:
        """That of a session that we joined this moment: the service may hear so a little later."""
        client = SessionsClient(self._endpoint)
        pauses = Backoff(self._endpoint.settings.session_retry_s, 1.0)
        for left in reversed(range(_TRIES)):
            try:
                return await client.show(str(name), changed=True)
            except (NotPermitted, NotFound):
                if not left:
                    raise
            await pauses.wait()
        raise AssertionError("unreachable")

    async def _over(self, name: PartyId) -> Session | None:
        """One that we were in and that has ended: it can be read. None: there may be another of its name."""
        channel = self._groups.ended(name)
        if channel is None:
            return None
        try:
            entry = await SessionsClient(self._endpoint).show(str(name))
        except (NotFound, NotPermitted):
            return None
        if not entry.ended:
            return None
        return Session(self, self._endpoint, channel, self._kept, entry)

    async def _begun(self, channel: Channel, entry: Entry) -> Session:
        await self._kept.remember(entry)
        return self._make(channel, entry)

    def _make(self, channel: Channel, entry: Entry) -> Session:
        made = Session(self, self._endpoint, channel, self._kept, entry)
        self._open[channel.id] = made
        return made

    async def _look_after(self, session: Session) -> None:
        try:
            entry = await session.refresh()
            if entry.ended and session.channel.owner == self._endpoint.me:
                await session.channel.release()
        except OverlayError as error:
            self.report(f"what became of {session.id} is not known", error)
