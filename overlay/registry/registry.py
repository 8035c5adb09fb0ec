"""The registry's decisions: who is found, who is resolved, whose word counts. No I/O but its store."""

from __future__ import annotations

import heapq
from itertools import chain

import msgspec

from overlay.clock import Clock
from overlay.errors import NotFound
from overlay.naming.ids import PartyId, check_domain, check_skill
from overlay.registry.peers.changelog import SERIALS_AT_ONCE
from overlay.registry.peers.neighbours import Neighbours
from overlay.registry.protocol import AskBundle, Bundle, Find, Records, Subscribers
from overlay.registry.record import Presence, Record, without_access
from overlay.registry.registration.members import Members
from overlay.registry.search.rate import PerMinute
from overlay.registry.storage.sqlite import RegistryStore
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore


class Registry:
    """Our own agents (`members`) and those of peers (`neighbours`), asked together."""

    def __init__(self, store: RegistryStore, trust: TrustStore, settings: Settings, clock: Clock) -> None:
        self.domain = trust.own
        self.store = store
        self.clock = clock
        self.settings = settings
        self.members = Members(store, trust, settings, clock)
        self.neighbours = Neighbours(trust.own, store, settings, clock)
        self._trust = trust
        self._rate = PerMinute(clock, settings.finds_per_minute)

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
            record = self.members.index.get(str(party))
            if record is None:
                raise NotFound(f"{party} is not registered here")
            return without_access(record)
        record = self.neighbours.index.get(str(party))
        if record is None:
            self.neighbours.bundle(party.domain)
            raise NotFound(f"{party} is not known: {party.domain} has not told us of such an agent")
        return self.neighbours.show(record)

    def bundle(self, ask: AskBundle) -> Bundle:
        """Whom we believe for a domain, ours or a peer. Raises NotFound."""
        if ask.domain != self.domain:
            return self.neighbours.bundle(ask.domain)
        denied = self.store.denied_of(self.domain, SERIALS_AT_ONCE)
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
