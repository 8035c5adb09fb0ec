"""A registry that is a dict, as gateways ask it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Sequence

from msgspec.structs import replace

from bridges.links.peer import Peer
from overlay.channels.protocol import Route as ChannelRoute
from overlay.channels.protocol import Routes as ChannelRoutes
from overlay.errors import BadInput, NotFound, Unreachable
from overlay.naming.ids import PartyId
from overlay.policy.access import AccessPolicy, encode_policy
from overlay.policy.border import BorderPolicy
from overlay.policy.export import ExportPolicy, encode_export, exported
from overlay.policy.rule import Rule
from overlay.quality.caps import CapsPolicy
from overlay.registry.far.protocol import AskFar, FarTold, Vouch
from overlay.registry.peers.export_protocol import Exports
from overlay.registry.peers.gateway_protocol import GatewayAlive, GatewayProcess
from overlay.registry.peers.protocol import Changes, Learned
from overlay.registry.peers.routes import ConfiguredRoutes
from overlay.registry.peers.showing import OfRecord
from overlay.registry.record import Presence, Profile, Record
from overlay.trust.attributes import Attributes
from overlay.trust.identity import Identity, Role

LIMIT_S = 30.0


async def eventually(true: Callable[[], bool]) -> None:
    """For what has no event of its own, such as a counter."""
    async with asyncio.timeout(LIMIT_S):
        for _ in itertools.count():
            if true():
                return
            await asyncio.sleep(0.01)


def record(party: str, version: int, access: bytes = b"") -> Record:
    """Of an agent, as a registry would tell it."""
    return Record(
        party, Profile(), b"card", "a", Presence.ONLINE, f"id-{party}", 0.0, 0.0, version, access=access
    )


class DictRegistry:
    """`RegistryPort` without proofs."""

    def __init__(self, domain: str) -> None:
        self.domain = domain
        self.log = f"log of {domain}"
        self.version = 0
        self.peer_list: list[Peer] = []
        self.polls = 0
        """How often the gateway asked for its peers."""
        self.failures = 0
        """How many of the next questions for the peers find nobody."""
        self.revoked: set[tuple[str, int]] = set()
        self.online: dict[str, bool] = {}
        self.gateways: dict[str, GatewayProcess] = {}
        """Processes of our gateway: take one out that was killed."""
        self.learned: dict[str, dict[str, Record]] = {}
        self.access: dict[str, bytes] = {}
        """Access policies of our agents."""
        self.usual = encode_policy(AccessPolicy(allow=(Rule(anyone=True),)))
        """Of those that are not in `access`."""
        self.border_policy = BorderPolicy()
        self.caps_policy = CapsPolicy()
        self.configured_routes = ConfiguredRoutes()
        self.export_policies: dict[str, ExportPolicy] = {}
        self.attached_told: list[tuple[int, int]] = []
        self.unproved: dict[str, str] = {}
        """Parties whose key cards prove somebody else."""
        self.strangers: set[str] = set()
        """Domains of which nobody told."""
        self.roots_asked: list[str] = []
        self.far: dict[str, FarTold] = {}
        """What peers are told of a domain."""
        self.channels: dict[str, ChannelRoute] = {}
        """Where members are; `tell_channels` after a change."""
        self._channel_version = 0
        self._events: list[tuple[int, str, bool]] = []
        self._known: dict[str, tuple[str, int]] = {}
        self._changed = asyncio.Event()

    def register(self, *names: str) -> None:
        self._append(names, present=True)

    def deregister(self, *names: str) -> None:
        self._append(names, present=False)

    def _append(self, names: Sequence[str], *, present: bool) -> None:
        for name in names:
            self.version += 1
            self._events.append((self.version, f"{name}@{self.domain}", present))
        self._touch()

    def restart(self) -> None:
        """With another log: everybody begins anew."""
        self.log += "+"
        self._touch()

    async def changes(
        self, log: str = "", since: int = 0, wait_s: float = 0.0, *, access: bool = False, peer: str = ""
    ) -> Changes:
        if (log, since) == (self.log, self.version) and wait_s:
            await self._wait(wait_s)
        full = log != self.log
        since = 0 if full else since
        latest = {party: present for number, party, present in self._events if number > since}
        records = tuple(
            record(party, self.version, self.access.get(party, self.usual) if access else b"")
            for party, present in latest.items()
            if present and (not peer or self._exports(party, peer))
        )
        gone = tuple(party for party, present in latest.items() if not present)
        return Changes(self.log, since, self.version, full, records, gone, more=False)

    async def exports(self, known: str) -> Exports:
        told = {domain: encode_export(policy) for domain, policy in self.export_policies.items()}
        mark = str(sorted(told.items()))
        return Exports(mark, encode_export(ExportPolicy()), told if mark != known else {})

    def _exports(self, party: str, peer: str) -> bool:
        policy = self.export_policies.get(peer, ExportPolicy())
        return exported(policy, OfRecord.of(record(party, 0))) is not None

    def tell_channels(self) -> None:
        self._channel_version += 1
        self._touch()

    async def channel_routes(self, log: str, since: int, wait_s: float) -> ChannelRoutes:
        if (log, since) == (self.log, self._channel_version) and wait_s:
            await self._wait(wait_s)
        return ChannelRoutes(self.log, self._channel_version, full=True, routes=tuple(self.channels.values()))

    async def border(self) -> BorderPolicy:
        return self.border_policy

    async def check_roots(self, domain: str) -> None:
        self.roots_asked.append(domain)
        if domain in self.strangers:
            raise NotFound(f"{domain} is unknown")

    async def far_tell(self, ask: AskFar) -> FarTold:
        found = self.far.get(ask.domain, FarTold(ask.domain))
        if ask.name and found.record is None:
            raise NotFound(f"there is no {ask.name}")
        return found

    async def far_vouch(self, ask: Vouch) -> FarTold:
        return replace(ask.told, chain=(*ask.told.chain, self.domain))

    async def routes(self) -> ConfiguredRoutes:
        return self.configured_routes

    async def caps(self) -> CapsPolicy:
        return self.caps_policy

    async def attached(self, count: int, refused: int) -> None:
        self.attached_told.append((count, refused))
        self._touch()

    def proves(self, record: Record) -> Identity:
        party = PartyId.parse(self.unproved.get(record.party, record.party))
        return Identity(party, Role.AGENT, Attributes(), "", int(record.serial, 16), 0.0, 2.0**40)

    async def learn(self, domain: str, changes: Changes) -> Learned:
        if not changes.full and self._known.get(domain) != (changes.log, changes.since):
            raise BadInput("a page is missing")
        known = {} if changes.full else self.learned.get(domain, {})
        known |= {item.party: item for item in changes.records}
        self.learned[domain] = {party: item for party, item in known.items() if party not in changes.gone}
        self._known[domain] = (changes.log, changes.version)
        self._touch()
        return Learned(changes.log, changes.version, {})

    async def polled(self, times: int) -> None:
        """Returns when the gateway has looked so often at its peers again."""
        wanted = self.polls + times
        await eventually(lambda: self.polls >= wanted)

    async def peers(self) -> Sequence[Peer]:
        self.polls += 1
        if self.failures:
            self.failures -= 1
            raise Unreachable("the registry does not answer")
        return list(self.peer_list)

    async def known(self, domain: str) -> tuple[str, int]:
        return self._known.get(domain, ("", 0))

    def denies(self, domain: str, serial: int) -> bool:
        return (domain, serial) in self.revoked

    async def gateway_alive(self, alive: GatewayAlive) -> Sequence[GatewayProcess]:
        known = self.gateways.pop(alive.process, None)
        if not alive.leaving:
            since = known.since if known else time.monotonic()
            self.gateways[alive.process] = GatewayProcess(alive.process, alive.linked, since, 0.0)
        return sorted(self.gateways.values(), key=lambda process: process.since)

    async def peer_state(self, domain: str, *, online: bool) -> None:
        self.online[domain] = online
        self._touch()

    async def until(self, true: Callable[[], bool]) -> None:
        """Returns when something that the registry was told makes it so."""
        async with asyncio.timeout(LIMIT_S):
            while not true():
                await self._changed.wait()

    async def _wait(self, wait_s: float) -> None:
        waiting = asyncio.ensure_future(self._changed.wait())
        await asyncio.wait((waiting,), timeout=wait_s)
        waiting.cancel()

    def _touch(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()
