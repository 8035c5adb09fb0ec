"""Looking for somebody, and saying how it went: what agents and operators ask of the registry."""

from __future__ import annotations

import msgspec

from overlay.clock import Clock
from overlay.errors import BadInput, BadName, NotFound
from overlay.naming.address import AtHost, is_address, parse_address
from overlay.naming.ids import PartyId
from overlay.registry.client import RegistryClient
from overlay.registry.protocol import Op
from overlay.registry.search.discovery_policy import DiscoveryPolicy, decode_policy, encode_policy
from overlay.registry.search.protocol import ANY_PRESENCE, Find, Match, Matches, Report, SightPolicy
from overlay.wire.request import Nothing


class SearchClient:
    """Every method raises what `RegistryClient.ask` raises."""

    def __init__(self, registry: RegistryClient, clock: Clock) -> None:
        self._registry = registry
        self._clock = clock

    async def find(self, ask: Find, max_age_s: float | None = None) -> Matches:
        """Who fits, the best first (REG-4, REG-5). `max_age_s`: leave out whom the registry heard of longer
        ago. Raises BadInput for a negative one; Overloaded above the limits, which says when to ask again
        (REG-10).
        """
        if max_age_s is not None and not max_age_s >= 0:
            raise BadInput(f"max_age_s {max_age_s:g}: say how many seconds old it may be, 0 or more")
        found = await self._registry.ask(Op.FIND, ask, Matches)
        if not found.matches and ask == Find(agent=ask.agent, presence=ask.presence, limit=ask.limit):
            found = await self._far(ask, found)
        if max_age_s is None:
            return found
        now = self._clock()
        fresh = tuple(match for match in found.matches if age_s(match, found, now) <= max_age_s)
        return msgspec.structs.replace(found, matches=fresh)

    async def _far(self, ask: Find, found: Matches) -> Matches:
        """An agent that is looked for by its ID, DID or URL alone may be of a far domain (GW-7)."""
        if not is_address(ask.agent):
            return found
        try:
            address = parse_address(ask.agent)
            party = PartyId(address.name, address.host) if isinstance(address, AtHost) else address
            record = await self._registry.resolve(party)
        except (BadName, NotFound):
            return found
        hidden = not record.resource_id  # told for sealing to it only
        if hidden or ask.presence not in (ANY_PRESENCE, record.presence):
            return found
        match = Match(record, "named", heard_at=record.heard_at)
        return msgspec.structs.replace(found, matches=(match,), total=1, advice="")

    async def report(self, intent: str, party: str, *, succeeded: bool) -> None:
        """Whether an agent did what it was chosen for: others with such an intent are answered by it."""
        await self._registry.ask(Op.REPORT, Report(intent, party, succeeded), Nothing)

    async def sight(self) -> DiscoveryPolicy:
        """Operator: who may find whom."""
        return decode_policy((await self._registry.ask(Op.SIGHT, Nothing(), SightPolicy)).policy)

    async def set_sight(self, policy: DiscoveryPolicy) -> None:
        """Operator: from now on this is the discovery policy."""
        await self._registry.ask(Op.SIGHT_SET, SightPolicy(encode_policy(policy)), SightPolicy)


def age_s(match: Match, answer: Matches, now: float) -> float:
    """How old what is said of an agent is: of our own as old as the answer, else since its domain was heard
    (REG-6).
    """
    return max(0.0, now - (match.heard_at if match.gateway else answer.at))
