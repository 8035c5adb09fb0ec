"""The registry: what it knows, put together, and who is found and resolved by it."""

from __future__ import annotations

import heapq
from itertools import chain

import msgspec

from overlay.clock import Clock
from overlay.errors import NotFound
from overlay.naming.ids import PartyId, check_domain, check_skill
from overlay.registry.acts import Acts
from overlay.registry.denials import SERIALS_AT_ONCE, Denials
from overlay.registry.peers.border import Borders
from overlay.registry.peers.exports import PeerViews
from overlay.registry.peers.following import Following
from overlay.registry.peers.learning import Learner
from overlay.registry.peers.neighbours import Neighbours
from overlay.registry.peers.protocol import AskBundle, Bundle
from overlay.registry.protocol import Find, Records, Subscribers
from overlay.registry.record import Presence, Record, without_access
from overlay.registry.registration.approvals import Approvals
from overlay.registry.registration.expulsion import Expulsions
from overlay.registry.registration.members import Members
from overlay.registry.registration.pulses import Pulses
from overlay.registry.registration.registrar import Registrar
from overlay.registry.registration.sweep import Sweep
from overlay.registry.search.rate import PerMinute
from overlay.registry.state import State
from overlay.registry.storage.contract import Store
from overlay.registry.storage.keys import DENIED, PULSE
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore


class Registry:
    """Our own agents (`members`) and those of peers (`neighbours`), asked together. `open` it first."""

    def __init__(self, store: Store, trust: TrustStore, settings: Settings, clock: Clock) -> None:
        self.domain = domain = trust.own
        self.store = store
        self.clock = clock
        self.settings = settings
        self.state = state = State()
        self.acts = acts = Acts(store, settings)
        self.denials = denials = Denials()
        self.views = PeerViews(domain, acts, state, settings)
        self.members = members = Members(acts, state, denials, trust, settings, clock)
        self.registrar = Registrar(members, acts, state, trust, settings, clock)
        self.approvals = Approvals(self.registrar.waiting, acts, state, settings, clock)
        self.pulses = Pulses(domain, members.heard, settings, clock)
        self.expulsions = Expulsions(acts, state, denials, members, trust, settings, clock)
        self.neighbours = Neighbours(domain, acts, state, denials, settings, clock)
        self.learner = Learner(acts, state, self.neighbours, self.registrar.vetting, settings, clock)
        self.following = Following(domain, acts, state, members.book, self.views, settings)
        self.borders = Borders(acts, state, members)
        self._sweep = Sweep(domain, acts, members, self.pulses)
        self.pulses.on_peer.append(self.neighbours.heard)
        state.on(DENIED, denials.take)
        state.on(PULSE, self.pulses.take)
        self._trust = trust
        self._rate = PerMinute(clock, settings.finds_per_minute)

    async def open(self) -> None:
        """Returns when all that the store holds is known. Raises BadSettings, Unavailable."""
        await self.store.open(self.state.feed)
        self.state.log = self.store.log
        self.neighbours.begin_again()

    async def sweep(self) -> int:
        """What is to be done from time to time; returns how many agents became offline. Raises Conflict,
        Unavailable.
        """
        count = await self._sweep()
        await self.expulsions.tidy()
        await self.approvals.tidy()
        await self.registrar.fitting.recheck()
        await self.neighbours.tidy()
        return count

    def find(self, asker: PartyId, ask: Find) -> Records:
        """Who has a skill, the best first: there now, ours, exactly this skill, quick (REG-4).

        Raises BadName; Overloaded above `Settings.finds_per_minute` (REG-10).
        """
        self._rate.take(str(asker))
        skill = check_skill(ask.skill)
        if ask.domain:
            check_domain(ask.domain)
        foreign = (self.neighbours.show(record) for record in self.neighbours.index.with_skill(skill))
        fitting = (
            record
            for record in chain(self.members.index.with_skill(skill), foreign)
            if (not ask.online or record.presence is Presence.ONLINE)
            and (not ask.domain or PartyId.parse(record.party).domain == ask.domain)
        )
        limit = min(max(ask.limit, 1), self.settings.registry_page)
        best = heapq.nsmallest(limit + 1, fitting, key=lambda record: _rank(record, skill))
        return self._page(best, limit)

    def subscribers(self, asker: PartyId, ask: Subscribers) -> Records:
        """Who wants to be told of a topic, in order of IDs, whether there now or not. Raises Overloaded."""
        self._rate.take(str(asker))
        ours = self.members.index.with_topic(ask.topic)
        theirs = [self.neighbours.show(record) for record in self.neighbours.index.with_topic(ask.topic)]
        after = [record for record in (*ours, *theirs) if record.party > ask.after]
        after.sort(key=lambda record: record.party)
        return self._page(after, self.settings.registry_page)

    def resolve(self, party: PartyId) -> Record:
        """The record of an agent, ours or a peer's. Raises NotFound."""
        if party.domain == self.domain:
            record = self.members.book.get(str(party))
            if record is None:
                raise NotFound(f"{party} is not registered here")
            return without_access(self.members.statuses.shown(record))
        record = self.neighbours.get(party)
        if record is None:
            raise NotFound(f"{party} is not known: {party.domain} has not told us of such an agent")
        return record

    def bundle(self, ask: AskBundle) -> Bundle:
        """Whom we believe for a domain, ours or a peer. Raises NotFound."""
        if ask.domain != self.domain:
            return self.neighbours.bundle(ask.domain)
        denied = self.denials.latest_of(self.domain, SERIALS_AT_ONCE)
        return Bundle(self._trust.bundle(self.domain).to_bytes(), denied)

    def _page(self, records: list[Record], limit: int) -> Records:
        page: list[Record] = []
        size = 0
        for record in records[:limit]:
            size += len(msgspec.msgpack.encode(record))
            if page and size > self.settings.registry_page_bytes:
                break
            page.append(without_access(record))
        return Records(tuple(page), more=len(page) < len(records))


def _rank(record: Record, skill: str) -> tuple[bool, bool, bool, int, str]:
    exact = any(offered.id == skill for offered in record.profile.skills)
    away = record.presence is not Presence.ONLINE
    return away, bool(record.gateway), not exact, record.profile.latency_ms, record.party
