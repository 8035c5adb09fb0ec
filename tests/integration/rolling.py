"""What tests of live rollovers share: quick settings, a conversation that goes on, an operator's steps."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from cryptography import x509

from overlay.agent.agent import Agent
from overlay.ca.roots.protocol import Phase, Rollover, RolloverState, Step
from overlay.cli.ca_rollover import take
from overlay.domain.folder import DomainFolder
from overlay.endpoint.message import Message
from overlay.errors import OverlayError, Unavailable
from overlay.trust.credentials import roots_from_pem
from tests.integration.people import LIMIT_S, until

QUICK = {
    "ROLLOVER_LEAD_S": "2",
    "RENEW_CHECK_S": "0.2",
    "DOMAIN_CARD_CHECK_S": "1",
    "BROKER_CHECK_S": "0.5",
    "HEARTBEAT_S": "1",
    "ACK_WAIT_S": "3",
    "NATS_PULL_LIFETIME_S": "12",
    "PUBLISH_TIMEOUT_S": "60",
    "CONNECT_TIMEOUT_S": "60",
}


class Talk:
    """Two agents that send and ask each other, reliably: each message after the end of the one before."""

    def __init__(self, near: Agent, far: Agent) -> None:
        self._ends = (near, far)
        self.handled: Counter[bytes] = Counter()
        self.sent: list[bytes] = []
        for agent in self._ends:
            agent.serves("talk.all")(self._handle)

    async def _handle(self, message: Message) -> bytes:
        self.handled[message.body] += 1
        return message.body

    @asynccontextmanager
    async def going_on(self) -> AsyncIterator[None]:
        async with self._ends[0], self._ends[1]:
            stop = asyncio.Event()
            near, far = self._ends
            for agent, other in ((near, far), (far, near)):
                await until(partial(_hears_of, agent, other))
            async with asyncio.TaskGroup() as group:
                for sender, other in ((near, far), (far, near)):
                    group.create_task(self._send(sender, other, stop))
                try:
                    yield
                finally:
                    stop.set()

    async def _send(self, sender: Agent, other: Agent, stop: asyncio.Event) -> None:
        to = other.id
        while not stop.is_set():
            body = self._next(sender)
            sent = await sender.send(to, body, skill="talk.all", reliable=True, deadline_s=10 * LIMIT_S)
            await sent.receipt()
            body = self._next(sender)
            reply = await sender.ask(to, body, skill="talk.all", reliable=True, timeout_s=10 * LIMIT_S)
            assert reply.body == body
            await asyncio.sleep(0.05)

    def _next(self, sender: Agent) -> bytes:
        self.sent.append(f"{sender.id} {len(self.sent)}".encode())
        return self.sent[-1]

    async def another_round(self) -> None:
        """Returns when messages that were sent from now on were handled."""
        count = len(self.sent) + 4
        async with asyncio.timeout(LIMIT_S):
            while sum(self.handled.values()) <= count:
                await asyncio.sleep(0.05)


async def _hears_of(agent: Agent, other: Agent) -> bool:
    return str(other.id) in {record.party for record in (await agent.discover("talk.all")).matches}


async def step(folder: DomainFolder, ask: Rollover) -> RolloverState:
    """As an operator would: again, when the broker let go of the command before the CA heard it."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                return await take(folder, ask)
            except Unavailable:
                await asyncio.sleep(0.1)


async def all_have_renewed(folder: DomainFolder, *besides: str) -> bool:
    """Whether the new root issues, and nobody but these holds certificates of the old one only."""
    try:
        state: RolloverState = await take(folder, Rollover(Step.STATUS))
    except OverlayError:
        return False  # the broker reads its files again: on NATS everybody comes back after a second
    return state.phase is Phase.ISSUING and {holder.name for holder in state.holders} <= set(besides)


def roots(folder: DomainFolder) -> tuple[x509.Certificate, ...]:
    """Of the domain, by its folder."""
    return roots_from_pem(folder.root_certificate.read_bytes())
