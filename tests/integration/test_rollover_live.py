"""The root rolls over on RabbitMQ while agents go on sending to each other (CA-5)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

import pytest
from cryptography import x509

from overlay.agent.agent import Agent
from overlay.ca.roots.protocol import Phase, Rollover, RolloverState, Step
from overlay.cli.ca_rollover import take
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.endpoint.message import Message
from overlay.errors import OverlayError, Refused, Unavailable
from overlay.transport.address import BrokerKind
from overlay.trust.credentials import roots_from_pem
from tests.integration.people import LIMIT_S, until

QUICK = {
    "ROLLOVER_LEAD_S": "2",
    "RENEW_CHECK_S": "0.2",
    "DOMAIN_CARD_CHECK_S": "1",
    "BROKER_CHECK_S": "0.5",
    "HEARTBEAT_S": "1",
    "PUBLISH_TIMEOUT_S": "60",
    "CONNECT_TIMEOUT_S": "60",
}


class Talk:
    """Two agents that send each other reliable messages, each after the receipt of the one before."""

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
            body = f"{sender.id} {len(self.sent)}".encode()
            self.sent.append(body)
            sent = await sender.send(to, body, skill="talk.all", reliable=True, deadline_s=10 * LIMIT_S)
            await sent.receipt()
            await asyncio.sleep(0.05)

    async def another_round(self) -> None:
        """Returns when messages that were sent from now on were handled."""
        count = len(self.sent) + 4
        async with asyncio.timeout(2 * LIMIT_S):
            while sum(self.handled.values()) <= count:
                await asyncio.sleep(0.05)


async def test_the_root_rolls_over_while_agents_send_to_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in QUICK.items():
        monkeypatch.setenv(f"OVERLAY_{name}", value)
    async with throwaway([("n.example", BrokerKind.RABBITMQ)]) as (folder,):
        ours = [Agent(await resident(folder, name, ("talk.all",))) for name in ("near", "far")]
        lost = await resident(folder, "lost", ())
        before = _roots(folder)
        talk = Talk(*ours)
        async with talk.going_on():
            await talk.another_round()
            await _step(folder, Rollover(Step.START))
            await until(partial(_all_but_the_lost_have_renewed, folder))
            with pytest.raises(Refused, match="lost"):
                await _step(folder, Rollover(Step.FINISH))
            state = await _step(folder, Rollover(Step.FINISH, force=True))
            assert (state.phase, len(state.roots)) == (Phase.NONE, 1)
            await talk.another_round()
        assert [talk.handled[body] for body in talk.sent] == [1] * len(talk.sent)
        assert not set(_roots(folder)) & set(before)
        with pytest.raises((Unavailable, Refused)):
            async with Agent(lost):
                pass


async def _step(folder: DomainFolder, ask: Rollover) -> RolloverState:
    """As an operator would: again, when the broker let go of the command before the CA heard it."""
    async with asyncio.timeout(2 * LIMIT_S):
        while True:
            try:
                return await take(folder, ask)
            except Unavailable:
                await asyncio.sleep(0.1)


async def _all_but_the_lost_have_renewed(folder: DomainFolder) -> bool:
    try:
        state: RolloverState = await take(folder, Rollover(Step.STATUS))
    except OverlayError:
        return False  # the broker reads its files again: on NATS everybody comes back after a second
    return state.phase is Phase.ISSUING and {holder.name for holder in state.holders} <= {"lost"}


def _roots(folder: DomainFolder) -> tuple[x509.Certificate, ...]:
    return roots_from_pem(folder.root_certificate.read_bytes())
