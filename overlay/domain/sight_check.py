"""Why one agent finds another, or does not: asked of our registry, for ours and for peers' (REG-11)."""

from __future__ import annotations

from overlay.domain.operator import Operator
from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.policy.caller import caller_of
from overlay.policy.export import decode_export
from overlay.registry.peers.showing import shown_to
from overlay.registry.record import Record
from overlay.registry.registration import consent
from overlay.registry.search.client import SearchClient
from overlay.registry.search.discovery_policy import Seen, sees


async def check_sight(hand: Operator, origin: PartyId, target: PartyId) -> Seen:
    """Asks our registry. Raises BadInput when neither is ours; NotFound, Unavailable."""
    home = hand.endpoint.me.domain
    record = await hand.registry.resolve(target)
    if origin.domain != home:
        return await _told(hand, origin.domain, record)
    identity = (await hand.registry.card(origin)).identity
    search = SearchClient(hand.registry, hand.endpoint.party.clock)
    seen = sees(await search.sight(), caller_of(identity, home), record)
    if seen.visible and consent.visible(record, origin) is None:
        return Seen(False, f"{target} does not show its entry to {origin}")
    return seen


async def _told(hand: Operator, peer: str, record: Record) -> Seen:
    """Whether the registry of a peer hears of it. Who finds it there, is decided there."""
    if record.gateway:
        raise BadInput(f"neither is of {hand.endpoint.me.domain}: ask the operator of one of their domains")
    if peer not in {known.domain for known in await hand.peers.all()}:
        return Seen(False, f"{peer} is no peer of ours, and hears of nobody")
    exports = await hand.peers.exports()
    if shown_to(record, peer, decode_export(exports.policies.get(peer, exports.usual))) is None:
        return Seen(
            False, f"{peer} does not hear of it: `overlay peer export check {peer}` lists what it sees"
        )
    return Seen(True, f"{peer} hears of it, and the operator there decides who finds it")
