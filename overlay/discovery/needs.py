"""An intent that holds several needs, and an agent for each (REG-5). Pure.

The sentence proposes, the index decides: a cut is made where different agents answer its two sides, each
clearly better than the other side's agent does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from overlay.discovery.clauses import clauses, with_context
from overlay.discovery.contract import Hit, Part

Search = Callable[[str], Sequence[Hit]]

CLEAR = 0.3
"""The score of a best agent, below which nobody is meant."""
STRAYS = 0
"""So many agents that answer no part may be nearer to the whole intent than one that does."""
BETTER = 0.1
"""By how much the agent of one side must be better at it than the agent of the other."""


def needs(intent: str, search: Search) -> tuple[Part, ...]:
    """One part for each need, in the order in which they are said; most intents have one."""
    whole = Part(intent, tuple(search(intent)))
    pieces = clauses(intent)
    if len(pieces) == 1 or not whole.hits:
        return (whole,)
    parts = _apart([Part(text, tuple(search(text))) for text in with_context(pieces)], pieces, search)
    return tuple(parts) if len(parts) > 1 and _hears_all(whole, parts) else (whole,)


def _apart(parts: list[Part], pieces: list[str], search: Search) -> list[Part]:
    """Join neighbours until all that are left are different needs."""
    pieces = list(pieces)
    while len(parts) > 1:
        joint = min(range(len(parts) - 1), key=lambda at: _difference(parts[at], parts[at + 1]))
        if _difference(parts[joint], parts[joint + 1]) >= BETTER:
            break
        pieces[joint : joint + 2] = [f"{pieces[joint]}, {pieces[joint + 1]}"]
        text = with_context(pieces)[joint]
        parts[joint : joint + 2] = [Part(text, tuple(search(text)))]
    return parts


def _difference(one: Part, other: Part) -> float:
    """How much is lost, on the side that loses less, by asking the other side's agent; 0: unclear."""
    if not one.hits or not other.hits or min(one.hits[0].score, other.hits[0].score) < CLEAR:
        return 0.0
    return min(_lost(one, other.hits[0].key), _lost(other, one.hits[0].key))


def _hears_all(whole: Part, parts: Sequence[Part]) -> bool:
    """If who answers the parts also comes first for the whole: else a piece was torn out of its sense. And
    none is as good at each part as the part's own.
    """
    best = [_best(part) for part in parts]
    good, strays = frozenset[str]().union(*best), STRAYS
    heard: set[str] = set()
    for hit in whole.hits:
        strays -= hit.key not in good
        if strays < 0:
            break
        heard.add(hit.key)
    return all(one & heard for one in best) and not frozenset.intersection(*best)


def _best(part: Part) -> frozenset[str]:
    enough = part.hits[0].score - BETTER
    return frozenset(hit.key for hit in part.hits if hit.score > enough)


def _lost(part: Part, agent: str) -> float:
    best = part.hits[0].score
    return best - max((hit.score for hit in part.hits if hit.key == agent), default=0.0)
