"""The channels that one process of an agent is in now, and the reading of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable

from overlay.channels.channel import Channel
from overlay.channels.epoch import Epoch
from overlay.channels.membership import Membership
from overlay.channels.reading import Reading
from overlay.channels.roster import Roster, known_roster
from overlay.channels.vault import Vault
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import OverlayError, Refused
from overlay.naming.ids import PartyId

_TRIES = 5
Open = Callable[[Membership, Reading], Channel]
LackKey = Callable[[PartyId], None]
Turned = Callable[[bytes], Awaitable[None]]
Watch = Callable[[asyncio.Task[None]], None]
_log = logging.getLogger("overlay.channels")


class Active:
    """What is written in the vault counts: other processes of the agent write there, too."""

    def __init__(
        self,
        endpoint: Endpoint,
        vault: Vault,
        open_channel: Open,
        lack_key: LackKey,
        turned: Turned,
        watch: Watch,
    ) -> None:
        """`lack_key` is told where the secret of some message is missing, `turned` what is announced; `watch`
        keeps tasks that nobody waits for.
        """
        self._endpoint = endpoint
        self._settings = endpoint.settings
        self._vault = vault
        self._open_channel = open_channel
        self._lack_key = lack_key
        self._turned = turned
        self._watch = watch
        self._channels: dict[PartyId, Channel] = {}
        self._stamps: dict[PartyId, int] = {}
        self._reading = asyncio.Lock()
        self._change = asyncio.Event()
        self.recorded: Callable[[], Iterable[PartyId]] = tuple
        """The channels that we read without a key."""

    def get(self, name: PartyId) -> Channel | None:
        """One of them."""
        return self._channels.get(name)

    def all(self) -> list[Channel]:
        """In order of their IDs."""
        return [self._channels[name] for name in sorted(self._channels)]

    def ended(self, name: PartyId) -> Channel | None:
        """One with history that has ended, closed: what was said in it can be read."""
        held = self._vault.ended(name)
        if held is None:
            return None
        channel = self._open(held.roster, known_roster(held.roster), held.epoch)
        channel.reading.end()
        return channel

    async def changed(self) -> None:
        """Returns when any of them is another, or is no more."""
        await self._change.wait()

    async def adopt(self, statement: bytes, roster: Roster, epoch: Epoch) -> None:
        """This counts from now on; it is in the vault already."""
        channel = self._channels.get(roster.id)
        self._stamps[roster.id] = self._vault.stamp(roster.id)
        if channel is None:
            self._channels[roster.id] = self._open(statement, roster, epoch)
        elif channel.membership.adopt(statement, roster, epoch, self._endpoint.party.clock()):
            await channel.reading.key_came()
            if channel.membership.removal:
                await channel.outgoing.publish_again()
        self._wake()

    async def refresh(self, name: PartyId) -> None:
        """Go on with what another process of ours wrote. Raises BadSettings, BadInput."""
        if self._vault.stamp(name) in (0, self._stamps.get(name)):
            return
        held = self._vault.load(name)
        if held is not None:
            await self.adopt(held.roster, known_roster(held.roster), held.epoch)

    async def drop(self, channel: Channel) -> None:
        """We are in it no more. On NATS it takes another connection for the broker to bring us nothing of it:
        nobody waits for that; meanwhile it is dropped.
        """
        self._channels.pop(channel.id, None)
        self._stamps.pop(channel.id, None)
        self._vault.retire(channel.id, self._endpoint.party.clock())
        await channel.reading.abandon()
        self._watch(asyncio.create_task(self._read_less(), name=f"leave {channel.id}"))
        await channel.close()
        self._wake()

    def _wake(self) -> None:
        self._change.set()
        self._change = asyncio.Event()

    async def _read_less(self) -> None:
        try:
            await self.read()
        except OverlayError as error:  # the broker ends it by itself
            _log.warning("the inbox covers a channel still in which we are no more: %s", error)

    async def read(self) -> None:
        """Our inbox covers what we are in. A door of the broker may know a little later than we do. Raises
        Refused, Unreachable, Overloaded.
        """
        async with self._reading:
            for left in reversed(range(_TRIES)):
                names = [one.id for one in self.all() if _reads(one, self._endpoint.me)]
                names += self.recorded()
                try:
                    await self._endpoint.channels.read(names)
                except Refused:
                    if not left:
                        raise
                    await asyncio.sleep(self._settings.redelivery_wait_s)
                else:
                    return

    def _open(self, statement: bytes, roster: Roster, epoch: Epoch) -> Channel:
        membership = Membership(statement, roster, epoch, self._settings.channel_overlap_s)
        endpoint, name = self._endpoint, roster.id
        reading = Reading(
            membership,
            endpoint.me,
            endpoint.channels.ledger,
            lambda: self._lack_key(name),
            self._turned,
            endpoint.trust,
            endpoint.channels.learn,
            endpoint.counters,
            self._settings,
            endpoint.party.clock,
        )
        return self._open_channel(membership, reading)


def _reads(channel: Channel, me: PartyId) -> bool:
    member = channel.membership.roster.member(me)
    return member is not None and member.read
