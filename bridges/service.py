"""The gateway process: its own broker, the registry asked through an endpoint, peers by TLS."""

from __future__ import annotations

import asyncio
import gc
import logging
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from bridges.control.desk import ControlDesk
from bridges.gateway import Gateway
from bridges.links.link_certificates import KeptLinkCertificates
from bridges.links.peer import Peer
from overlay.ca.client import CaClient
from overlay.ca.revocation.following import Following
from overlay.ca.roots.card_keeper import CardKeeper
from overlay.ca.roots.own_renewal import OwnRenewal
from overlay.channels.client import ChannelsClient
from overlay.channels.protocol import Routes as ChannelRoutes
from overlay.channels.talk import TOPIC
from overlay.endpoint.background import beside
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.logged import log_error
from overlay.errors import BadSettings, NotFound
from overlay.naming.ids import GATEWAY, link_name
from overlay.policy.border import BorderPolicy
from overlay.quality.caps import CapsPolicy, decode_caps
from overlay.registry.client import RegistryClient
from overlay.registry.far.protocol import AskFar, FarTold, Vouch
from overlay.registry.peers import protocol
from overlay.registry.peers.client import PeersClient
from overlay.registry.peers.export_protocol import Exports
from overlay.registry.peers.gateway_protocol import GatewayAlive, GatewayProcess
from overlay.registry.peers.protocol import Changes, Learned
from overlay.registry.peers.routes import ConfiguredRoutes
from overlay.registry.record import Record
from overlay.registry.settled import settle
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress, TlsFiles
from overlay.transport.connect import connect
from overlay.transport.contract import Transport
from overlay.trust.bundle import TrustBundle
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Identity
from overlay.trust.keycard import open_card

Ready = Callable[[], None]
LinkFiles = Callable[[TrustBundle], TlsFiles | None]
"""With what we go to the broker of a domain that has these roots."""
_log = logging.getLogger(__name__)
_GARBAGE = 20_000
"""So many things more are there before it is looked for what is thrown away in circles: messages are not, and
looking took a quarter of the time.
"""


class AskedRegistry:
    """`RegistryPort` over the endpoint's client."""

    def __init__(self, endpoint: Endpoint, link_files: LinkFiles, seat: str) -> None:
        """`seat`: see `GatewayAlive`."""
        self._endpoint = endpoint
        self._seat = seat
        self._client = RegistryClient(endpoint, endpoint.settings.gateway_ask_s)
        self._peers = PeersClient(self._client)
        self._channels = ChannelsClient(self._client)
        endpoint.use_directory(self._client)  # for what it reports to senders
        self._client.hear_denied()
        self._link_files = link_files

    async def changes(
        self, log: str = "", since: int = 0, wait_s: float = 0.0, *, access: bool = False, peer: str = ""
    ) -> Changes:
        """See `RegistryPort`."""
        return await self._peers.changes(log, since, wait_s, access=access, peer=peer)

    async def exports(self, known: str) -> Exports:
        """See `RegistryPort`."""
        return await self._peers.exports(known)

    async def channel_routes(self, log: str, since: int, wait_s: float) -> ChannelRoutes:
        """See `RegistryPort`."""
        return await self._channels.routes(log, since, wait_s)

    async def border(self) -> BorderPolicy:
        """See `RegistryPort`."""
        return await self._peers.border()

    async def check_roots(self, domain: str) -> None:
        """See `RegistryPort`."""
        await self._client.bundle(domain)

    async def far_tell(self, ask: AskFar) -> FarTold:
        """See `RegistryPort`."""
        return await self._peers.far_tell(ask)

    async def far_vouch(self, ask: Vouch) -> FarTold:
        """See `RegistryPort`."""
        return await self._peers.far_vouch(ask)

    async def caps(self) -> CapsPolicy:
        """See `RegistryPort`."""
        return decode_caps((await self._peers.caps()).policy)

    async def routes(self) -> ConfiguredRoutes:
        """See `RegistryPort`."""
        return await self._peers.routes()

    async def attached(self, count: int, refused: int) -> None:
        """See `RegistryPort`."""
        await self._peers.attached(count, refused)

    def proves(self, record: Record) -> Identity:
        """See `RegistryPort`."""
        trust, clock = self._endpoint.trust, self._endpoint.party.clock
        return open_card(record.card, trust, clock()).identity

    async def learn(self, domain: str, changes: Changes) -> Learned:
        """See `RegistryPort`."""
        return await self._peers.learn(domain, changes)

    async def peers(self) -> Sequence[Peer]:
        """See `RegistryPort`. A peer whose link certificate is not here yet is not dialled."""
        found = []
        for peer in await self._peers.all():
            await self._client.bundle(peer.domain)
            found.append(self._peer(peer))
        return found

    async def known(self, domain: str) -> tuple[str, int]:
        """See `RegistryPort`."""
        for peer in await self._peers.all():
            if peer.domain == domain:
                return peer.log, peer.version
        raise NotFound(f"{domain} is no peer any more")

    def denies(self, domain: str, serial: int) -> bool:
        """See `RegistryPort`."""
        return self._endpoint.trust.denies(domain, serial)

    async def gateway_alive(self, alive: GatewayAlive) -> Sequence[GatewayProcess]:
        """See `RegistryPort`."""
        seated = msgspec.structs.replace(alive, seat=self._seat)
        return (await self._peers.gateway_alive(seated)).processes

    async def peer_state(self, domain: str, *, online: bool) -> object:
        """See `RegistryPort`."""
        return await self._peers.set_state(domain, online=online)

    def _peer(self, peer: protocol.Peer) -> Peer:
        bundle = TrustBundle.from_bytes(peer.bundle)
        tls = self._link_files(bundle)
        addresses = tuple(BrokerAddress.parse(url) for url in peer.addresses) if tls else ()
        return Peer(peer.domain, bundle, peer.gateway, addresses, tls, peer.standing)


async def run_gateway(
    home: Home, settings: Settings, link_files: LinkFiles, ready: Ready, *, seat: str
) -> None:
    """Serve until cancelled. `link_files`: what a peer gave us for its broker; `seat`: what no two processes
    of the gateway have at a time. Raises OverlayError.
    """
    party = home.load(settings)
    if party.tls is None:
        raise BadSettings("a gateway needs the files with which it goes to its broker")

    async def dial(peer: Peer) -> Transport:
        if peer.tls is None:
            raise BadSettings(f"there is no link certificate of {peer.domain} here: finish the peering")
        return await connect(peer.addresses, peer.tls, link_name(party.id.domain), settings, log_error)

    transport = await connect(party.addresses, party.tls, GATEWAY, settings, log_error)
    try:
        async with Endpoint.open(party) as endpoint:
            gateway = Gateway(
                party.credentials,
                transport,
                AskedRegistry(endpoint, link_files, seat),
                dial,
                settings,
                party.clock,
                complain=endpoint.report,
                say=partial(endpoint.send, topic=TOPIC),
                on_error=log_error,
                certificates=KeptLinkCertificates(endpoint),
            )

            endpoint.trust.on_denied.append(gateway.alarm)

            async def renewed(credentials: Credentials) -> None:
                gateway.me = credentials
                await CaClient(endpoint).show_card()

            def learned(_: DomainCard, statement: bytes) -> None:
                gateway.peers.news = statement

            await ControlDesk(endpoint, gateway).serve()
            following = Following(endpoint)
            keeper = CardKeeper(endpoint, home, RegistryClient(endpoint), learned)
            renewal = OwnRenewal(endpoint, home, renewed)
            logging_it = _log_counters(gateway, settings.gateway_report_s)

            def serving() -> None:
                settle()
                gc.set_threshold(_GARBAGE)
                ready()

            runs = (logging_it, following.run(), keeper.run(), renewal.run(), endpoint.closed())
            async with beside(*runs):
                await gateway.run(serving)
    finally:
        await transport.close()


async def _log_counters(gateway: Gateway, every_s: float) -> None:
    """Into the log, so that nothing is dropped without a trace; only when something changed."""
    said = ""
    while True:
        await asyncio.sleep(every_s)
        links = {domain: link.state for domain, link in gateway.peers.links.items()}
        report = f"links {links}, counters {dict(sorted(gateway.counters.items()))}"
        if report != said:
            _log.info("%s", report)
        said = report
