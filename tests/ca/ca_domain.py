"""A domain in memory with a CA and a registry that answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from cryptography import x509

from overlay.admission.doorkeeper import ChannelsOf, no_channels
from overlay.ca.applications.join_token import parse_token
from overlay.ca.authority import Authority
from overlay.ca.client import CaClient
from overlay.ca.directory import NoDirectory
from overlay.ca.protocol import Apply, MakeToken
from overlay.ca.service import CaService
from overlay.ca.store import CaStore
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.party import Party
from overlay.errors import Unreachable
from overlay.naming.ids import CA, OPERATOR, REGISTRY, PartyId
from overlay.naming.mailboxes import agent_inbox, mailboxes_of_agent, mailboxes_of_caller
from overlay.registry.directory import OwnDirectory
from overlay.registry.registry import Registry
from overlay.registry.service import RegistryService
from overlay.registry.storage.memory import History
from overlay.settings import Settings
from overlay.trust.bundle import load_certificate
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SealingKey, SigningKey
from tests.ca.office import TurnedClock
from tests.memory_domain import MemoryDomain


class MemoryIntake:
    """Lets parties in to the broker in memory, and notes what happened."""

    def __init__(self, domain: MemoryDomain) -> None:
        self._domain = domain
        self.log: list[tuple[str, str]] = []
        self.broken = False
        self.channels_of: ChannelsOf = no_channels

    async def take_in(self, identity: Identity) -> None:
        self._note("in", identity)
        name = identity.party.name
        agent = identity.role is Role.AGENT
        self._domain.broker.ensure(
            mailboxes_of_agent(name, self.channels_of(name)) if agent else mailboxes_of_caller(name)
        )

    async def put_out(self, identity: Identity) -> None:
        self._note("out", identity)

    async def change_reading(self, name: str, gone: Sequence[PartyId]) -> None:
        """What it reads at the broker in memory follows the CA's store."""
        assert not set(gone) & set(self.channels_of(name))
        if self.broken:
            raise Unreachable("the broker is away")
        self._domain.broker.change(agent_inbox(name, self.channels_of(name)))
        self.log.append(("reads", name))

    async def come_again(self, name: str, serials: Sequence[int], *, at_once: bool) -> None:
        assert serials
        self.log.append(("come again" if at_once else "come again soon", name))

    def _note(self, what: str, identity: Identity) -> None:
        if self.broken:
            raise Unreachable("the broker is away")
        self.log.append((what, identity.party.name))


class CaDomain:
    """The services, and people who talk to them."""

    def __init__(self, folder: Path, **changes: object) -> None:
        self.clock = TurnedClock()
        settings = Settings.model_validate({"ask_timeout_s": 30, "ca_tell_s": 30} | changes)
        self.memory = MemoryDomain("a.example", settings, clock=self.clock)
        self.store = CaStore(folder / "ca.db", self.clock, settings.audit_buffer)
        self.authority = Authority(self.memory.issuer, self.store, settings, self.clock)
        self.intake = MemoryIntake(self.memory)
        self.intake.channels_of = self.store.readers.read_by
        self.registry_store = History().store(settings.audit_buffer)
        self.ca: CaService
        self.ca_endpoint: Endpoint
        self.registry: Registry
        self.registry_service: RegistryService

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        try:
            async with self._open_ca() as ca, self._open_registry() as registry:
                self.ca_endpoint = ca
                self.ca = CaService(ca, self.authority, self.intake)
                self.registry = Registry(self.registry_store, registry.trust, registry.settings, self.clock)
                await self.registry.open()
                registry.use_directory(OwnDirectory(self.registry, registry.trust))
                await self.ca.serve()
                self.registry_service = RegistryService(registry, self.registry)
                await self.registry_service.serve()
                yield
        finally:
            self.store.close()
            await self.registry_store.close()

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[CaClient]:
        async with self.memory.open(OPERATOR, Role.OPERATOR) as endpoint:
            yield CaClient(endpoint)

    @asynccontextmanager
    async def newcomer(self, token_text: str) -> AsyncIterator[CaClient]:
        """Somebody who holds a token and nothing else."""
        token = parse_token(token_text)
        async with self.holder(token.certificate, token.key, token.domain_card) as client:
            yield client

    @asynccontextmanager
    async def holder(self, certificate: bytes, pem: bytes, card: bytes) -> AsyncIterator[CaClient]:
        """Somebody who holds what is in a token."""
        key = SigningKey.from_pem(pem)
        party = self.party(load_certificate(certificate), key, DomainCard.from_bytes(card))
        async with self.open(party) as endpoint:
            yield CaClient(endpoint)

    async def enrol(self, name: str, *skills: str) -> Party:
        """An agent, all the way from a token."""
        async with self.operator() as boss:
            text = await boss.token(MakeToken(name, skills))
        key = SigningKey.generate()
        async with self.newcomer(text) as newcomer:
            csr = make_csr(key, PartyId(name, self.memory.name))
            certificate = await newcomer.apply(Apply(name, csr, skills))
        return self.party(certificate, key, self.memory.card)

    def party(self, certificate: x509.Certificate, key: SigningKey, card: DomainCard) -> Party:
        """With a fresh sealing key."""
        credentials = Credentials(certificate, key, (SealingKey.generate(),), (self.memory.issuer.root,))
        return Party(credentials, card, self.memory.settings, clock=self.clock)

    @asynccontextmanager
    async def open(self, party: Party) -> AsyncIterator[Endpoint]:
        """An endpoint without a directory; see `Endpoint.use_directory`."""
        async with Endpoint.open(party, connect=self.memory.connect, on_error=self._raise) as endpoint:
            yield endpoint

    def open_calm(self, party: Party) -> AbstractAsyncContextManager[Endpoint]:
        """One that counts what goes wrong, and raises nothing for it."""
        return Endpoint.open(party, connect=self.memory.connect, on_error=lambda where, error: None)

    @asynccontextmanager
    async def _open_ca(self) -> AsyncIterator[Endpoint]:
        async with self.open(self.memory.party(CA, Role.SERVICE)) as endpoint:
            endpoint.use_directory(NoDirectory())
            yield endpoint

    def _open_registry(self) -> AbstractAsyncContextManager[Endpoint]:
        return self.open(self.memory.party(REGISTRY, Role.SERVICE))

    def _raise(self, where: str, error: Exception) -> None:
        raise AssertionError(where) from error
