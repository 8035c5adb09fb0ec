"""Who is shut out of a running federation, and what is stopped at its borders."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiormq
import pytest

from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering import remove_peer
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.errors import NotFound, OverlayError, TimedOut, Unavailable
from overlay.naming.ids import PartyId, link_name
from overlay.naming.subjects import Class, Priority, ToDomain
from overlay.transport.address import TlsFiles
from overlay.transport.client_tls import client_tls
from overlay.transport.connect import connect
from overlay.trust.bundle import TrustStore
from overlay.trust.keycard import KeyCard
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id
from overlay.wire.content import Content, Kind, encode_content
from tests.admission.rabbitmq_domain import consuming, permitted, publishing, refused
from tests.admission.raw_client import RawClient
from tests.forgery import changed_header
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import LIMIT_S, SETTINGS, Person, fresh, member, present

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
LINK = link_name("a.example")
"""The name of a's gateway at the brokers of others."""
GREETING = f"ov.link.gw.hello.{LINK}.x1"
FORBIDDEN = (
    f"ov.rt.normal.agent.bob.{LINK}",
    "ov.rt.normal.agent.bob.gw",
    f"ov.rel.normal.agent.bob.{LINK}",
    f"ov.rt.normal.out.a_example.bob.{LINK}",
    f"ov.svc.registry.find.{LINK}",
    f"ov.svc.ca.apply.{LINK}",
    f"ov.link.{link_name('c.example')}.hello.{LINK}.x1",
    "ov.link.gw.hello.gw.x1",
)


async def test_a_foreign_gateway_reaches_nothing_but_links_on_nats(federation: Federation) -> None:  # GW-17
    client = RawClient(LINK)
    await client.login(_port(federation["b"]), _link(federation["a"], "b.example"))
    try:
        assert await client.may_publish(GREETING)
        assert [subject for subject in FORBIDDEN if await client.may_publish(subject)] == []
        everything = (">", "ov.>", "ov.rt.*.agent.*.*", "ov.link.gw.hello.*.*", "ov.svc.ca.*.*", "$JS.>")
        assert [pattern for pattern in everything if await client.may_subscribe(pattern)] == []
    finally:
        await client.client.close()


async def test_a_foreign_gateway_reaches_nothing_but_links_on_rabbitmq(federation: Federation) -> None:
    # GW-17
    url = f"amqps://localhost:{_port(federation['c'])}/?auth=external"
    connection = aiormq.Connection(url, context=client_tls(_link(federation["a"], "c.example")))
    async with asyncio.timeout(LIMIT_S):
        await connection.connect()
    try:
        await permitted(connection, publishing(GREETING))
        for subject in FORBIDDEN:
            await refused(connection, publishing(subject))
        for queue in ("inbox.bob.rt", "out.gw.rel", "hello.gw.rt", "svc.ca.rt"):
            await refused(connection, consuming(queue))
    finally:
        await connection.close()


async def test_an_agent_that_speaks_for_others_is_stopped_at_the_border(pair: Pair) -> None:  # GW-17
    async with present(pair.near, "alice") as alice:
        mallory = await _Forger.of(pair.far, alice)
        async with asyncio.timeout(LIMIT_S):
            await mallory.publish(
                (f"carol@{alice.id.domain}", b"of a"),
                ("carol@x.example", b"of x"),
                (f"carol@{mallory.id.domain}", b"of b"),
                (str(mallory.id), b"my own"),
            )
        await alice.has(1)
        assert alice.handled == {b"my own": 1}
        assert not alice.agent.endpoint.counters  # the forged ones did not even come to her


async def test_a_removed_peer_is_cut_off(federation: Federation) -> None:  # GW-6
    pair = await linked(Pair(federation["b"], federation["d"]))
    files = _kept(_link(pair.near, "d.example"), pair.near.path)
    async with present(pair.near, "alice") as alice, present(pair.far, "bob") as bob:
        await alice.hears_of(bob)
        await bob.hears_of(alice)
        await remove_peer(pair.far, "b.example")
        await bob.misses(alice)
        with pytest.raises((NotFound, TimedOut, Unavailable)):  # the gateway hears of it a moment later
            await bob.agent.ask(alice.id, b"?", skill=alice.skill)
        with pytest.raises((NotFound, Unavailable)):  # the first once the goodbye has come
            await alice.agent.ask(bob.id, b"?", skill=bob.skill, timeout_s=3.0)
        with pytest.raises(OverlayError):
            await connect(
                [load_config(pair.far.config).address], files, link_name("b.example"), SETTINGS, _ignore
            )
        await remove_peer(pair.near, "d.example")
        await alice.misses(bob)
        assert not bob.handled


class _Forger:
    """A member of a domain with its own key, who writes what it likes into headers."""

    def __init__(self, party: Party, trust: TrustStore, to: KeyCard, topic: str) -> None:
        self.id = party.id
        self._party = party
        self._trust = trust
        self._to = to
        self._topic = topic

    @classmethod
    async def of(cls, folder: DomainFolder, victim: Person) -> _Forger:
        mallory = await member(folder, fresh("mallory"))
        async with mallory.agent:
            await mallory.hears_of(victim)
            name = mallory.id.name
        async with operator(folder) as hand:
            hand.endpoint.trust.add(await hand.registry.bundle(victim.id.domain))
            card = await hand.registry.card(victim.id)
            return cls(Home(folder.agent(name)).load(SETTINGS), hand.endpoint.trust, card, victim.skill)

    async def publish(self, *messages: tuple[str, bytes]) -> None:
        """(claimed sender, body), in this order."""
        assert self._party.tls is not None
        address, tls = self._party.addresses, self._party.tls
        transport = await connect(address, tls, self.id.name, SETTINGS, _ignore)
        try:
            for claimed, body in messages:
                await transport.publish(self._subject, changed_header(self._sealed(body), sender=claimed))
            await transport.publish(self._subject, b"rubbish")
        finally:
            await transport.close()

    @property
    def _subject(self) -> str:
        to: PartyId = self._to.identity.party
        return str(ToDomain(Class.REALTIME, Priority.NORMAL, to.domain, to.name, self.id.name))

    def _sealed(self, body: bytes) -> bytes:
        party = self._party
        return Keyring(party.credentials, self._trust, party.clock, SETTINGS).seal(
            self._subject,
            self._to,
            encode_content(Content(kind=Kind.MESSAGE, body=body, topic=self._topic)),
            id=new_id(),
            cls=Class.REALTIME,
            priority=Priority.NORMAL,
            deadline_ms=int((party.clock() + LIMIT_S) * 1000),
            slot="",
            sender_slot="s0",
            always_wrap=True,
        )


def _link(folder: DomainFolder, domain: str) -> TlsFiles:
    inside = folder.link(domain)
    return TlsFiles(inside / "root.pem", inside / "link.pem", folder.link_key)


def _kept(files: TlsFiles, folder: Path) -> TlsFiles:
    """Copies of a link's files, which outlive the peering."""
    kept = TlsFiles(folder / "kept-root.pem", folder / "kept.pem", folder / "kept.key")
    for old, new in ((files.ca, kept.ca), (files.certificate, kept.certificate), (files.key, kept.key)):
        new.write_bytes(old.read_bytes())
    return kept


def _port(folder: DomainFolder) -> int:
    return load_config(folder.config).address.port


def _ignore(where: str, error: Exception) -> None:
    """What happens to these connections is seen from the other side."""
