"""The channels in which agents of our domain are, as the registry keeps them.

What is here is fed by the store, so all processes of the registry know the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property

import msgspec

from overlay.channels.protocol import ChannelLine, Route
from overlay.channels.roster import Member, Roster, known_roster
from overlay.clock import Clock
from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry, Write
from overlay.registry.storage.keys import CHANNEL, key, rest_of
from overlay.registry.timeline import Timeline
from overlay.wire.request import decode_struct, encode_struct


class Kept(msgspec.Struct, frozen=True, array_like=True):
    """As it lies in the store. The roster was checked when it came."""

    roster: bytes
    left: dict[str, int]
    """Who left since it came in at that version or before: `name@domain` to version."""
    over_at: float = 0.0
    """When it was released; 0: it was not."""


class Channel:
    """One channel."""

    def __init__(self, kept: Kept, revision: int) -> None:
        self.kept = kept
        self.revision = revision
        self.roster = known_roster(kept.roster)

    @property
    def over(self) -> bool:
        """Whether it is released."""
        return self.kept.over_at > 0

    @cached_property
    def members(self) -> tuple[Member, ...]:
        """Who is in it, and did not leave; nobody once it is over."""
        return () if self.over else tuple(_staying(self.roster, self.kept.left))

    def readers(self, domain: str) -> list[str]:
        """The names of agents of `domain` that read it."""
        parties = (PartyId.parse(member.party) for member in self.members if member.hears)
        return sorted(party.name for party in parties if party.domain == domain)

    def route(self, domain: str) -> Route:
        """Where its members are, as seen from `domain`."""
        domains = sorted({PartyId.parse(member.party).domain for member in self.members})
        return Route(self.roster.channel, domain in domains, tuple(domains))

    @property
    def line(self) -> ChannelLine:
        """In short."""
        roster = self.roster
        return ChannelLine(
            roster.channel,
            roster.owner,
            roster.version,
            len(self.members),
            roster.open,
            roster.about,
            roster.ends,
        )


def _staying(roster: Roster, left: dict[str, int]) -> Iterator[Member]:
    for member in roster.members:
        if member.since > left.get(member.party, 0):
            yield member


class ChannelTable:
    """All of them."""

    def __init__(self, domain: str, state: State, clock: Clock) -> None:
        self.domain = domain
        self._state = state
        self._clock = clock
        self._all: dict[str, Channel] = {}
        self._of: dict[str, set[str]] = {}
        """By party, of our domain: the channels that it is in."""
        self._order = Timeline()
        state.on(CHANNEL, self._take)

    @property
    def version(self) -> int:
        """The revision of the newest change."""
        return self._order.last

    def __iter__(self) -> Iterator[Channel]:
        return iter(self._all.values())

    def find(self, channel: PartyId) -> Channel | None:
        """A channel, also one that is over."""
        return self._all.get(str(channel))

    def get(self, channel: PartyId) -> Channel:
        """A channel that lives. Raises NotFound."""
        found = self._all.get(str(channel))
        if found is None or found.over:
            raise NotFound(f"{self.domain} has nobody in a channel {channel}: it was released, or never was")
        return found

    def of(self, party: str) -> list[Channel]:
        """The channels that an agent of our domain is in, in order of their IDs."""
        return [self._all[name] for name in sorted(self._of.get(party, ()))]

    def owned_by(self, party: str) -> int:
        """How many channels it owns."""
        return sum(channel.roster.owner == party for channel in self.of(party))

    def write(self, channel: PartyId, kept: Kept | None) -> Write:
        """What is to be written to change it, from what is known now."""
        stored = key(CHANNEL, channel.name, channel.domain)
        value = None if kept is None else encode_struct(kept)
        return Write(stored, value, self._state.revision_of(stored))

    def changed(self, since: int) -> Iterator[tuple[int, Route]]:
        """Revisions and where members are, of what changed after a revision, oldest first."""
        for revision, name in self._order.after(since):
            yield revision, self._all[name].route(self.domain)

    def _take(self, entry: Entry) -> None:
        name, _, home = rest_of(entry.key).partition(".")
        channel = f"{name}@{home}"
        for party in self._parties(self._all.pop(channel, None)):
            self._of[party].discard(channel)
            if not self._of[party]:
                del self._of[party]
        if entry.value is None:
            self._order.drop(channel)
            return
        made = self._all[channel] = Channel(decode_struct(entry.value, Kept), entry.revision)
        self._order.put(channel, entry.revision)
        for party in self._parties(made):
            self._of.setdefault(party, set()).add(channel)

    def _parties(self, channel: Channel | None) -> Iterable[str]:
        members = () if channel is None else channel.members
        return [member.party for member in members if PartyId.parse(member.party).domain == self.domain]
