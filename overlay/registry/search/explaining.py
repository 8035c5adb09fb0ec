"""Why an agent was found, and what may be meant where nobody was, in words. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from heapq import nlargest
from itertools import islice

from overlay.naming.ids import skill_covers
from overlay.registry.record import Readiness, Record
from overlay.registry.search.catalogue import Catalogue
from overlay.registry.search.fits import distance_km
from overlay.registry.search.postings import Mask
from overlay.registry.search.protocol import ANY_PRESENCE
from overlay.registry.search.query import Condition, Query
from overlay.registry.search.terms import BELOW, SKILL

_COMPARED = 500
"""Known values with which an unknown one is compared."""
_LONGER = 3
"""Letters by which one that is meant may be longer or shorter."""
_CLOSELY = 12
"""So many of them letter by letter."""
_REMEMBERED = 4096
"""Values of which the pairs of letters are kept: the same few are compared again and again."""


def why(query: Query, record: Record, score: float | None = None) -> str:
    """What decided where it stands."""
    return ", ".join(_reasons(query, record, score))


def _reasons(query: Query, record: Record, score: float | None) -> Iterator[str]:
    if score is not None:
        yield f"fits the intent by {score:.0%}"
    yield str(record.presence)
    if record.status.state is not Readiness.READY:
        yield str(record.status.state)
    for wanted in query.skills:
        offered = [skill.id for skill in record.profile.skills if skill_covers(wanted, skill.id)]
        yield wanted if wanted in offered or not offered else f"{offered[0]} (below {wanted})"
    if query.near is not None:
        yield f"{distance_km(query, record):.0f} km away"
    if record.profile.latency_ms:
        yield f"{record.profile.latency_ms} ms"
    if record.gateway:
        yield f"by {record.gateway}"


def advice(catalogue: Catalogue, query: Query, sight: Mask | None, away: int, quickest: int | None) -> str:
    """For one who found nobody; of what it may not see nothing is said. `away`: fit, but for presence;
    `quickest`: how quick is whoever fits, but for that.
    """
    unknown = [condition for condition in query.conditions if not _known(catalogue, condition, sight)]
    if unknown:
        return "; ".join(_nobody(catalogue, condition, sight) for condition in unknown)
    if query.intent:  # how well those fit that are away was not asked
        return "nobody fits this" if query.presence == ANY_PRESENCE else f"nobody {query.presence} fits this"
    if away and query.presence != ANY_PRESENCE:
        return f"{away} that fit are not {query.presence} now: presence 'any' shows them"
    if quickest is not None:
        return f"nobody who fits says that it is that quick: the quickest says {quickest} ms"
    return "somebody fits each of the conditions, but nobody fits all of them" if query.conditions else ""


def _nobody(catalogue: Catalogue, condition: Condition, sight: Mask | None) -> str:
    field, value = condition.terms[0]
    fields = (SKILL, BELOW) if field == SKILL else (field,)
    alike = {word: None for one in fields for word in _alike(catalogue, one, value)}
    near = [
        word
        for word in get_close_matches(value, alike, n=3)
        if _known(catalogue, Condition("", tuple((one, word) for one in fields)), sight)
    ]
    meant = f": did you mean {' or '.join(repr(word) for word in near)}?" if near else ""
    return f"nobody has {condition.said}{meant}"


def _alike(catalogue: Catalogue, field: str, value: str) -> list[str]:
    """A few known values, by the pairs of letters that they share: comparing all would take too long."""
    pairs = _pairs(value)
    some = islice(catalogue.vocabulary.values(field), _COMPARED)
    known = (word for word in some if abs(len(word) - len(value)) <= _LONGER)
    return nlargest(_CLOSELY, known, key=lambda word: len(pairs & _pairs(word)) / (len(word) + 1))


@lru_cache(_REMEMBERED)
def _pairs(word: str) -> frozenset[str]:
    return frozenset(word[at : at + 2] for at in range(len(word) - 1))


def _known(catalogue: Catalogue, condition: Condition, sight: Mask | None) -> bool:
    columns = catalogue.columns
    holders = catalogue.holders(condition.terms) & columns.alive & ~columns.guarded
    return bool((holders if sight is None else holders & sight).any())
