"""The registry asked over the broker: roles, signed answers, watchers, and as the endpoints' directory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from overlay.endpoint.background import beside
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import BadSignature, NotFound, Overloaded, Refused, Unavailable
from overlay.naming.ids import CA, GATEWAY, OPERATOR, REGISTRY, PartyId
from overlay.registry import protocol
from overlay.registry.client import RegistryClient
from overlay.registry.directory import OwnDirectory
from overlay.registry.peers.client import PeersClient
from overlay.registry.peers.protocol import Changes, Peer
from overlay.registry.record import Profile, Skill
from overlay.registry.registry import Registry
from overlay.registry.service import RegistryService
from overlay.registry.storage.memory import History
from overlay.settings import Settings
from overlay.trust.identity import Role
from overlay.wire.request import encode_struct
from tests.memory_domain import MemoryDomain

PROFILE = Profile(skills=(Skill("net"),))


class RegistryDomain:
    """A domain in memory whose endpoints find each other by its registry only."""

    def __init__(self, settings: Settings) -> None:
        self.memory = MemoryDomain("a.example", settings)
        self.history = History()
        self.store = self.history.store(settings.audit_buffer)
        self.service: RegistryService

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        try:
            async with self.memory.open(REGISTRY, Role.SERVICE) as endpoint:
                registry = Registry(self.store, endpoint.trust, endpoint.settings, self.memory.clock)
                await registry.open()
                endpoint.use_directory(OwnDirectory(registry, endpoint.trust))
                self.service = RegistryService(endpoint, registry)
                await self.service.serve()
                yield
        finally:
            await self.store.close()

    @asynccontextmanager
    async def open(
        self, name: str, role: Role = Role.AGENT
    ) -> AsyncIterator[tuple[Endpoint, RegistryClient]]:
        skills = ("net",) if role is Role.AGENT else ()
        async with self.memory.open(self.memory.party(name, role, skills)) as endpoint:
            client = RegistryClient(endpoint)
            endpoint.use_directory(client)
            yield endpoint, client


@pytest.fixture
async def domain() -> AsyncIterator[RegistryDomain]:
    made = RegistryDomain(Settings(registry_watchers=1, ask_timeout_s=30))
    async with made.serving():
        yield made


async def test_agents_that_know_only_names_talk_through_the_registry(domain: RegistryDomain) -> None:  # REG-4
    async def shout(message: Message) -> bytes:
        return message.body.upper()

    async with domain.open("alice") as (alice, asking), domain.open("bob") as (bob, serving):
        await serving.register(PROFILE)
        await bob.serve(shout)
        best = (await asking.find("net"))[0]
        assert (await alice.ask(PartyId.parse(best.party), b"hello")).body == b"HELLO"


async def test_who_is_not_registered_is_not_found(domain: RegistryDomain) -> None:  # REG-2
    async with domain.open("alice") as (alice, client), domain.open("bob"):
        for wanted, text in (("bob@a.example", "is not registered"), ("bob@c.example", "is no peer")):
            with pytest.raises(NotFound, match=text):
                await client.resolve(PartyId.parse(wanted))
        with pytest.raises(NotFound):
            await alice.send(PartyId("bob", "a.example"), b"hello")


async def test_an_agent_may_not_ask_what_gateways_operators_and_the_ca_ask(domain: RegistryDomain) -> None:
    async with domain.open("alice") as (alice, client):
        await client.register(PROFILE)
        changes = Changes("", 0, 0, True, (), (), False)
        for question in (
            PeersClient(client).changes(),
            PeersClient(client).learn("b.example", changes),
            PeersClient(client).all(),
            PeersClient(client).add(Peer("b.example", b"")),
            PeersClient(client).remove("b.example"),
            PeersClient(client).set_state("b.example", online=True),
            alice.ask_service("registry", "expel", encode_struct(protocol.Expel("alice", "1"))),
        ):
            with pytest.raises(Refused, match=r"^permission: .* is agent$"):
                await question
    async with domain.memory.open(REGISTRY, Role.SERVICE) as other_service:
        with pytest.raises(Refused, match="only the CA"):
            await other_service.ask_service("registry", "expel", encode_struct(protocol.Expel("alice", "1")))
    async with domain.memory.open(CA, Role.SERVICE) as ca:
        await ca.ask_service("registry", "expel", encode_struct(protocol.Expel("alice", "1")))


async def test_a_watcher_is_woken_by_a_change_and_only_so_many_watch(domain: RegistryDomain) -> None:  # REG-8
    async with domain.open(GATEWAY, Role.GATEWAY) as (_, gateway), domain.open("alice") as (_, alice):
        start = await PeersClient(gateway).changes()
        watching = asyncio.create_task(PeersClient(gateway).changes(start.log, start.version, wait_s=20))
        await until_watched(domain)
        with pytest.raises(Overloaded, match="registry_watchers"):
            await PeersClient(gateway).changes(start.log, start.version, wait_s=20)
        await alice.register(PROFILE)
        changes = await watching
        assert [record.party for record in changes.records] == ["alice@a.example"]
        nothing = await PeersClient(gateway).changes(changes.log, changes.version, wait_s=0.01)
        assert (nothing.records, nothing.version) == ((), changes.version)


async def test_an_operator_adds_a_peer_and_agents_get_its_roots(domain: RegistryDomain) -> None:
    foreign = MemoryDomain("b.example")
    async with domain.open(OPERATOR, Role.OPERATOR) as (_, boss), domain.open("alice") as (_, alice):
        await PeersClient(boss).add(Peer("b.example", foreign.bundle.to_bytes()))
        assert await alice.bundle("b.example") == foreign.bundle
        assert [peer.domain for peer in await PeersClient(boss).all()] == ["b.example"]
        with pytest.raises(Refused, match="bad-certificate"):
            await PeersClient(boss).add(Peer("c.example", b"rubbish"))


async def test_the_heartbeat_brings_the_deny_list_to_every_agent(domain: RegistryDomain) -> None:  # CA-6
    async with domain.open("alice") as (alice, client), domain.memory.open(CA, Role.SERVICE) as ca:
        await ca.ask_service("registry", "expel", encode_struct(protocol.Expel("bob", "beef")))
        assert not alice.trust.denies("a.example", 0xBEEF)
        await client.heartbeat()
        assert alice.trust.denies("a.example", 0xBEEF)
        assert (await client.heartbeat()).denied == ()


async def test_a_renewed_agent_registers_with_its_new_credentials(domain: RegistryDomain) -> None:  # CA-5
    async with domain.open("alice") as (alice, client):
        await client.register(PROFILE)
        renewed = domain.memory.credentials("alice", skills=("net",), lifetime_s=60 * 86400)
        await alice.renew(renewed)
        assert not (await client.heartbeat()).known
        await client.register(PROFILE)
        assert (await client.heartbeat()).known
        assert (await client.resolve(alice.me)).serial == format(renewed.identity.serial, "x")


async def test_numbers_beyond_the_databases_are_answered(domain: RegistryDomain) -> None:
    async with domain.open(GATEWAY, Role.GATEWAY) as (gateway, client):
        assert (await PeersClient(client).changes("other", 2**64 - 1)).full
        beat = encode_struct(protocol.Heartbeat(denied_since=2**64 - 1))
        await gateway.ask_service("registry", "heartbeat", beat)


async def test_a_client_refuses_answers_of_a_registry_with_another_key(
    domain: RegistryDomain, monkeypatch: pytest.MonkeyPatch
) -> None:  # REG-6
    async with domain.open("alice") as (alice, client):
        await client.register(PROFILE)
        genuine = await alice.ask_service(
            "registry", "resolve", encode_struct(protocol.Resolve(str(alice.me)))
        )

        async def replay(*_: object, **__: object) -> bytes:
            return genuine

        monkeypatch.setattr(alice, "ask_service", replay)
        assert (await client.resolve(alice.me)).party == str(alice.me)
        with pytest.raises(BadSignature, match="another question"):
            await client.resolve(PartyId("bob", "a.example"))


async def test_questions_and_refusals_are_audited(domain: RegistryDomain) -> None:  # CA-8
    async with domain.open("alice") as (_, client):
        await client.register(PROFILE)
        await client.find("net")
        with pytest.raises(Refused):
            await PeersClient(client).all()
    await domain.store.flush()
    assert [(note.what, note.outcome.split(":")[0]) for note in domain.history.notes] == [
        ("register", "done"),
        ("find", "done"),
        ("peers", "refused"),
    ]


async def test_what_the_gateway_asks_again_and_again_is_audited_once(domain: RegistryDomain) -> None:
    async with domain.open(GATEWAY, Role.GATEWAY) as (_, client):
        for _ in range(3):
            await PeersClient(client).all()
            await client.bundle("a.example")
    await domain.store.flush()
    said = [note.what for note in domain.history.notes]
    assert (said.count("peers"), said.count("bundle")) == (1, 1)


async def until_watched(domain: RegistryDomain) -> None:
    async with asyncio.timeout(20):
        while domain.service.peers.watchers == 0:
            await asyncio.sleep(0)


async def test_the_registry_outlives_a_full_disk() -> None:
    domain = RegistryDomain(Settings(registry_sweep_s=0.001))
    async with domain.serving(), domain.open("alice") as (_, client), beside(domain.service.run()):
        domain.store.failing = True
        with pytest.raises(Unavailable):
            await client.register(PROFILE)
        domain.store.failing = False
        await client.register(PROFILE)
