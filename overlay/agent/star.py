"""A star: a group whose leader, an agent as all others, hands on what one member says to the rest (GW-11).

It needs nothing of the domain: no channel, no more connections than each has. Members trust the leader with
who said something, and with what was said; where they should not have to, a channel is the better way.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

import msgspec

from overlay.agent.agent import Agent
from overlay.endpoint.message import Message
from overlay.errors import NotFound, NotPermitted, OverlayError, Overloaded, Refused
from overlay.naming.ids import PartyId
from overlay.naming.topics import check_topic
from overlay.wire.body import Body, to_bytes
from overlay.wire.request import decode_struct, encode_struct

_log = logging.getLogger(__name__)
_GONE = (NotFound, NotPermitted)


class Said(msgspec.Struct, frozen=True, array_like=True):
    """What a member said, by the leader's word."""

    by: str
    """`name@domain`"""
    body: bytes


Hear = Callable[[PartyId, bytes], Awaitable[None]]
"""Called with who said it, and what."""


class Star:
    """The leader's end; make it before the agent's block is entered. `allow`: who may be a member besides
    agents of its own domain. `limit`: members at one time.
    """

    def __init__(self, agent: Agent, group: str, *, allow: Sequence[str] = (), limit: int = 1000) -> None:
        self._agent = agent
        self._group = group
        self._limit = limit
        self._members: dict[PartyId, None] = {}
        self._turn = asyncio.Lock()
        for what, handle in (("join", self._join), ("leave", self._leave), ("say", self._hand_on)):
            agent.subscribes(_topic(group, what), allow=allow)(handle)

    @property
    def members(self) -> tuple[PartyId, ...]:
        """Who is in it now, the first that came first."""
        return tuple(self._members)

    async def say(self, body: Body, *, reliable: bool = False) -> None:
        """To all members.

        await star.say("the case is solved")
        """
        await self._tell(self._agent.id, to_bytes(body), reliable=reliable)

    async def _join(self, message: Message) -> None:
        if message.sender not in self._members and len(self._members) >= self._limit:
            raise Overloaded(f"the star {self._group} has {self._limit} members, as many as it takes")
        self._members[message.sender] = None

    async def _leave(self, message: Message) -> None:
        self._members.pop(message.sender, None)

    async def _hand_on(self, message: Message) -> None:
        if message.sender not in self._members:
            raise Refused(f"{message.sender} is no member of the star {self._group}: join it first")
        await self._tell(message.sender, message.body, reliable=message.reliable)

    async def _tell(self, by: PartyId, body: bytes, *, reliable: bool) -> None:
        """One after the other, so that what one member says stays in order."""
        said, topic = encode_struct(Said(str(by), body)), _topic(self._group, "heard")
        async with self._turn:
            for member in self.members:
                if member == by:
                    continue
                try:
                    await self._agent.endpoint.send(member, said, topic=topic, reliable=reliable)
                except _GONE as error:
                    self._members.pop(member, None)
                    self._agent.endpoint.counters["star-gone"] += 1
                    _log.warning("%s is in the star %s no more: %s", member, self._group, error)
                except OverlayError as error:
                    self._agent.endpoint.counters[f"star-{error.reason}"] += 1
                    _log.warning("%s did not hear something of the star %s: %s", member, self._group, error)


class StarMember:
    """A member's end; make it before the agent's block is entered, then `join`. `hear` hears the rest."""

    def __init__(self, agent: Agent, group: str, leader: PartyId | str, hear: Hear) -> None:
        self._agent = agent
        self._group = group
        self._leader = leader if isinstance(leader, PartyId) else PartyId.parse(leader)
        self._hear = hear
        agent.subscribes(_topic(group, "heard"), allow=(str(self._leader),))(self._heard)

    async def join(self) -> None:
        """Be in it from now on. Raises as `Agent.ask`.

        await member.join()
        """
        await self._agent.ask(self._leader, skill=_topic(self._group, "join"))

    async def leave(self) -> None:
        """No longer. Raises as `Agent.ask`.

        await member.leave()
        """
        await self._agent.ask(self._leader, skill=_topic(self._group, "leave"))

    async def say(self, body: Body, *, reliable: bool = False) -> None:
        """To all others. Reliable: returns when the leader has it and hands it on. Raises as `Agent.send`.

        await member.say("the line is dead here, too")
        """
        sent = await self._agent.send(self._leader, body, skill=_topic(self._group, "say"), reliable=reliable)
        if reliable:
            await sent.receipt()

    async def _heard(self, message: Message) -> None:
        if message.sender != self._leader:
            raise Refused(f"{message.sender} does not lead the star {self._group}")
        said = decode_struct(message.body, Said)
        await self._hear(PartyId.parse(said.by), said.body)


def _topic(group: str, what: str) -> str:
    return check_topic(f"star.{group}.{what}")
