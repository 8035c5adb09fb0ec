"""What a member publishes over a live broker to somebody who is there, counted where it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from overlay.domain.operator import operator
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.party import Party
from overlay.naming.ids import REGISTRY
from overlay.naming.subjects import Class, Priority, ToAgent
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile
from overlay.transport.connect import connect
from overlay.transport.contract import Transport
from overlay.trust.keycard import KeyCard
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id
from overlay.wire.content import Content, Kind, encode_content
from overlay.wire.envelope import decode_envelope
from tests.attacks.stage import Stage
from tests.forgery import changed_header, flipped
from tests.integration.people import LIMIT_S, SETTINGS, Person, present

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


async def test_forged_messages_are_refused_with_their_reasons_counted(stage: Stage) -> None:  # GW-17
    mallory = await stage.agent()
    async with present(stage.folder, "victim") as victim, _pen(stage, mallory, victim) as pen:
        before = victim.agent.endpoint.counters.copy()
        good = pen.sealed(b"mine", pen.subject)
        header = decode_envelope(good).header
        card = pen.sealed(b"?", pen.subject)
        for payload in (
            flipped(good, len(good) * 8 - 1),  # bad-seal
            good[:-20],  # bad-seal
            good[:40],  # bad-envelope
            b"",  # bad-envelope
            bytes(1000),  # bad-envelope
            changed_header(good, sender=str(victim.id)),  # bad-envelope: reflected, or another's name
            changed_header(good, to=str(mallory.id)),  # bad-seal
            changed_header(good, deadline_ms=1),  # expired
            changed_header(good, deadline_ms=header.deadline_ms + 10**12),  # bad-envelope
            changed_header(good, sender_slot="*"),  # bad-name, or bad-envelope
            changed_header(good, key_id=bytes(16), wrap=b"", card=b""),  # unknown-key
            changed_header(good, wrap=decode_envelope(card).header.wrap),  # bad-signature or bad-seal
            pen.sealed(b"moved", f"ov.rt.critical.agent.{victim.id.name}.{mallory.id.name}"),
            good,
            good,  # replayed
        ):
            await pen.transport.publish(pen.subject, payload)
        await victim.has(1)
        counters = victim.agent.endpoint.counters
        await _until(lambda: counters["replayed"] > before["replayed"])  # the last of them
        refused = counters - before
        assert victim.handled == {b"mine": 1}
        assert {"bad-seal", "bad-envelope", "expired", "unknown-key", "replayed"} <= set(refused), refused


async def test_a_member_who_floods_a_service_does_not_stop_it_for_others(stage: Stage) -> None:
    mallory = await stage.agent()
    async with present(stage.folder, "victim") as victim, _pen(stage, mallory, victim) as pen:
        question = f"ov.svc.{REGISTRY}.find.{mallory.id.name}"
        for number in range(400):
            await pen.transport.publish(question, b"x" * number)
        assert (await victim.agent.discover(victim.skill)).matches


class _Pen:
    """A registered member that writes what it likes."""

    def __init__(self, me: Party, transport: Transport, card: KeyCard, skill: str) -> None:
        to = card.identity.party
        self.transport = transport
        self.subject = str(ToAgent(Class.REALTIME, Priority.NORMAL, to.name, me.id.name))
        self._me, self._card, self._skill = me, card, skill
        self._keyring = Keyring(me.credentials, me.trust_store(), me.clock, SETTINGS)

    def sealed(self, body: bytes, subject: str) -> bytes:
        return self._keyring.seal(
            subject,
            self._card,
            encode_content(Content(kind=Kind.MESSAGE, body=body, topic=self._skill)),
            id=new_id(),
            cls=Class.REALTIME,
            priority=Priority.NORMAL,
            deadline_ms=int((self._me.clock() + LIMIT_S) * 1000),
            slot="",
            sender_slot="s0",
            always_wrap=True,
        )


@asynccontextmanager
async def _pen(stage: Stage, me: Party, victim: Person) -> AsyncIterator[_Pen]:
    async with operator(stage.folder) as hand:
        card = await hand.registry.card(victim.id)
    async with Endpoint.open(me) as endpoint:
        await RegistryClient(endpoint).register(Profile())
    assert me.tls is not None
    transport = await connect(me.addresses, me.tls, me.id.name, SETTINGS, lambda _where, _error: None)
    try:
        yield _Pen(me, transport, card, victim.skill)
    finally:
        await transport.close()


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not condition():
            await asyncio.sleep(0.05)
