"""Whether one record fits a query, as it says itself: what an index answers must be the same. Pure."""

from __future__ import annotations

import msgspec

from overlay.registry.record import Record
from overlay.registry.search.places import km_between, point_of
from overlay.registry.search.protocol import ANY_PRESENCE
from overlay.registry.search.query import Query
from overlay.registry.search.terms import PARTY, terms_of
from overlay.registry.search.versions import version_number


def fits(query: Query, record: Record, now: float) -> bool:
    """All conditions but the intent."""
    profile = record.profile
    if query.presence not in (ANY_PRESENCE, record.presence):
        return False
    if query.status not in ("", record.status.state):
        return False
    if query.latency_ms is not None and not 0 < profile.latency_ms <= query.latency_ms:
        return False
    if query.versions is not None and not query.versions.fit(version_number(profile.version)):
        return False
    if query.near is not None and not distance_km(query, record) <= query.near.within_km:
        return False
    if query.proved:
        valid = tuple(proof for proof in record.verified if proof.valid_until > now)
        record = msgspec.structs.replace(record, verified=valid)
    terms = {(PARTY, record.party), *terms_of(record)}
    return all(not terms.isdisjoint(condition.terms) for condition in query.conditions)


def distance_km(query: Query, record: Record) -> float:
    """How far it is from where somebody is wanted; not a number where that is not known."""
    if query.near is None:
        return float("nan")
    return km_between(point_of(query.near), point_of(record.profile.place))
