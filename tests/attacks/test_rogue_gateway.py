"""A peer's gateway that means harm, over a live link: it has its domain's keys, and our broker lets it in."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from bridges.frames.frame import Ack, Bye, Failure, Item, Message, decode_frame, encode_items
from bridges.links.handshake import DiallerHandshake, Established
from bridges.links.handshake_messages import REFUSAL, SEALED, WELCOME, Refusal, decode
from bridges.links.peer import Peer, PeerTrust
from overlay.domain.config import load_config
from overlay.domain.operator import operator
from overlay.naming.ids import GATEWAY, PartyId, link_name
from overlay.naming.mailboxes import link_process
from overlay.naming.subjects import HELLO, Class, Priority, ToLink
from overlay.transport.connect import connect
from overlay.transport.contract import Delivery, Transport
from overlay.trust.credentials import Credentials
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.attacks.conftest import Stages
from tests.attacks.stage import Stage, logged
from tests.integration.people import LIMIT_S, SETTINGS, present
from tests.links import envelope

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains

LIMIT = 1000


class Rogue:
    """At a peer's broker with a good link certificate; says in frames what it likes."""

    def __init__(self, home: Stage, victim: Stage, transport: Transport, slot: str) -> None:
        self.name = home.name
        self._me = link_name(home.name)
        self._transport, self._slot = transport, slot
        bundle = victim.service(GATEWAY).trust_store().bundle(victim.name)
        self._trust = PeerTrust(Peer(victim.name, bundle), 5.0, lambda _domain, _serial: False)
        self._came: asyncio.Queue[bytes] = asyncio.Queue()
        self._session: Established | None = None

    async def hear(self, delivery: Delivery) -> None:
        self._came.put_nowait(delivery.payload)

    async def shake(self, me: Credentials, changed: bytes = b"") -> None:
        """Raises AssertionError with the refusal."""
        handshake = DiallerHandshake(me, self._slot, self._trust, LIMIT)
        await self._say(HELLO, changed or handshake.hello)
        answer = await self._next(WELCOME + REFUSAL)
        if answer[:1] == REFUSAL:
            raise AssertionError(decode(REFUSAL, answer, Refusal).reason)
        finish, self._session = handshake.welcomed(answer, time.time())
        await self._say(self._session.process, finish)

    async def send(self, *items: Item) -> None:
        assert self._session is not None
        frame = self._session.session.seal(encode_items(items))
        await self._say(self._session.process, frame)

    async def refusals(self, count: int) -> list[Failure]:
        """That many, as the victim's gateway reports them."""
        assert self._session is not None
        failures: list[Failure] = []
        while len(failures) < count:
            frame = self._session.session.open(await self._next(SEALED))
            for item in decode_frame(frame, SETTINGS.link_frame_max_bytes):
                failures += item.failures if isinstance(item, Ack) else ()
        return failures

    async def _next(self, kinds: bytes) -> bytes:
        async with asyncio.timeout(LIMIT_S):
            while (data := await self._came.get())[:1] not in kinds:
                pass
        return data

    async def _say(self, process: str, payload: bytes) -> None:
        await self._transport.publish(str(ToLink(GATEWAY, process, self._me, self._slot)), payload)


@asynccontextmanager
async def _rogue(home: Stage, victim: Stage) -> AsyncIterator[Rogue]:
    key = SigningKey.generate()
    async with operator(victim.folder) as hand:
        certificate = await hand.ca.link(home.name, make_csr(key, PartyId(GATEWAY, home.name)))
    me, address = link_name(home.name), load_config(victim.folder.config).address
    files = victim.files(certificate, key)
    transport = await connect([address], files, me, SETTINGS, lambda _where, _error: None)
    try:
        rogue = Rogue(home, victim, transport, await transport.claim_slot(me))
        await transport.read(link_process(me, rogue._slot), rogue.hear)
        yield rogue
    finally:
        await transport.close()


def _forged(sender: str, to: str, path: str) -> Message:
    header, data = envelope(sender, to)
    return Message(0, header.cls, header.priority, 60_000, 8, (path,), data)


async def test_a_peers_gateway_speaks_for_its_own_domain_to_our_agents_and_nothing_else(
    stage: Stage, stages: Stages
) -> None:  # GW-17
    [home] = [other for kind, other in stages.items() if kind is not stage.kind]
    async with present(stage.folder, "victim") as victim, _rogue(home, stage) as rogue:
        me, to, own = f"eve@{home.name}", str(victim.id), home.name
        await rogue.shake(home.service(GATEWAY).credentials)
        forgeries = (
            (_forged("carol@third.example", to, "third.example"), "foreign-sender"),
            (_forged("carol@third.example", to, own), "foreign-sender"),
            (_forged(f"alice@{stage.name}", to, own), "foreign-sender"),
            (_forged(me, to, "third.example"), "foreign-sender"),
            (_forged(me, f"ca@{stage.name}", own), "not-found"),
            (_forged(me, f"operator@{stage.name}", own), "not-found"),
            (_forged(me, f"{link_name(own)}@{stage.name}", own), "not-found"),
            (_forged(me, "carol@third.example", own), "no-route"),
            (Message(0, Class.REALTIME, Priority.CRITICAL, 9000, 8, (own,), _bytes(me, to)), "bad-envelope"),
            (Message(0, Class.REALTIME, Priority.NORMAL, 9000, 0, (own,), _bytes(me, to)), "hop-limit"),
            (Message(0, Class.REALTIME, Priority.NORMAL, 0, 8, (own,), _bytes(me, to)), "expired"),
            (Message(0, Class.REALTIME, Priority.NORMAL, 9000, 8, (own,), b"rubbish"), "bad-envelope"),
        )
        await rogue.send(*(message for message, _ in forgeries))
        refusals = await rogue.refusals(len(forgeries))
        assert [failure.reason for failure in refusals] == [reason for _, reason in forgeries]
        await rogue.send(Bye("done"))
        assert not victim.handled
        assert not victim.agent.endpoint.counters
    counted = (
        "arrival-foreign-sender",
        "arrival-not-found",
        "passing-no-route",
        "arrival-bad-envelope",
        "arrival-hop-limit",
    )
    await logged(stage.folder.run / "gateway.log", *counted)


async def test_with_a_good_link_certificate_but_anothers_keys_no_link_comes_about(
    stage: Stage, stages: Stages
) -> None:  # GW-3
    [home] = [other for kind, other in stages.items() if kind is not stage.kind]
    agent = await home.agent("eve")
    async with _rogue(home, stage) as rogue:
        for credentials in (agent.credentials, stage.service(GATEWAY).credentials):
            with pytest.raises(AssertionError, match=r"refused|bad-certificate"):
                await rogue.shake(credentials)
    await logged(stage.folder.run / "gateway.log", "hello-refused")


def _bytes(sender: str, to: str) -> bytes:
    return envelope(sender, to)[1]
