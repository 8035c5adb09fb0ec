"""The registry as a service: every answer is signed, and who watches is told of changes."""

from __future__ import annotations

import asyncio
import logging

import msgspec

from overlay.channels.desk import ChannelDesk
from overlay.desk import Desk
from overlay.endpoint.background import beside
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import ServiceRequest
from overlay.errors import Unavailable
from overlay.gateway.client import GatewayClient
from overlay.naming.ids import REGISTRY
from overlay.registry.notes import Notes
from overlay.registry.peers.desk import PeersDesk
from overlay.registry.peers.news import DenialNews
from overlay.registry.protocol import (
    ANSWER_KIND,
    Answer,
    question_hash,
)
from overlay.registry.registration.desk import RegistrationDesk
from overlay.registry.registration.members_desk import MembersDesk
from overlay.registry.registry import Registry
from overlay.registry.search.desk import SearchDesk
from overlay.trust.signed import make_signed

_log = logging.getLogger("overlay.registry")


class RegistryService:
    """Answers questions to the registry. `serve` first, then keep `run` running."""

    def __init__(self, endpoint: Endpoint, registry: Registry) -> None:
        self._endpoint = endpoint
        self._registry = registry
        self._settings = endpoint.settings
        self._roots = (0, b"")
        self._roots_heard = asyncio.Event()
        self._notes = Notes(registry.store, endpoint.settings)
        desk = self._desk = Desk(REGISTRY, registry.domain, self._notes)
        MembersDesk(registry).open(desk)
        SearchDesk(desk, registry.library, registry.acts, registry.find, registry.domain).open()
        tell = DenialNews(endpoint, registry.state, registry.denials)
        self.peers = PeersDesk(registry, endpoint.settings, tell)
        self.peers.open(desk)
        registry.far.lookup.ask = GatewayClient(endpoint).look_up
        registry.far.lookup.tell_denied = tell
        RegistrationDesk(registry.registrar, registry.approvals, endpoint.settings, registry.clock).open(desk)
        self.channels = ChannelDesk(
            endpoint,
            registry.acts,
            registry.state,
            registry.trust_of,
            endpoint.settings,
            registry.clock,
            registered=registry.members.book.__contains__,
            is_there=registry.is_there,
        )
        self.channels.open(desk)
        registry.expulsions.on_expelled += (endpoint.forget, self.channels.expelled)

    async def serve(self) -> None:
        """Begin to answer. Raises Refused."""
        await self._endpoint.serve_service(REGISTRY, self.handle)

    def use_bundle_news(self, epoch: int, statement: bytes) -> None:
        """The CA's newest word on our roots, for the registries of our peers: `run` writes it down."""
        self._roots = (epoch, statement)
        self._roots_heard.set()

    async def run(self) -> None:
        """Sweep and write the audit log, until cancelled; while the store is away, say so and try again.
        Raises Unavailable when the store cannot go on.
        """
        async with beside(
            self._registry.store.run(),
            self._notes.run(),
            self._keep_roots(),
            self._registry.library.meaning.run(),
            self._registry.far.lookup.run(),
        ):
            while True:
                try:
                    await self._registry.sweep()
                    await self.channels.sweep()
                except Unavailable as error:
                    _log.warning("the registry did not sweep: %s", error)
                await asyncio.sleep(self._settings.registry_sweep_s)

    async def _keep_roots(self) -> None:
        while True:
            await self._roots_heard.wait()
            self._roots_heard.clear()
            try:
                await self._registry.following.use_bundle_news(*self._roots)
            except Unavailable as error:
                _log.warning("our roots are not told to our peers yet: %s", error)
                await asyncio.sleep(self._settings.registry_sweep_s)
                self._roots_heard.set()

    async def handle(self, request: ServiceRequest) -> bytes:
        """One question (`overlay.registry.protocol`); the bytes of a signed `Answer` to it.

        Raises BadInput, Refused, Unavailable.
        """
        result = await self._desk.handle(request)
        question = question_hash(request.operation, request.body)
        answer = Answer(question, self._registry.clock(), result)
        return make_signed(ANSWER_KIND, msgspec.msgpack.encode(answer), self._endpoint.party.credentials)
