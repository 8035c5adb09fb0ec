"""An intent that holds several needs, and an agent for each (REG-5). Pure.

The sentence proposes, the index decides: a cut is made where different agents answer its two sides, each
clearly better than the other side's agent does.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import takewhile

from overlay.discovery.clauses import clauses, with_context
from overlay.discovery.contract import Hit, Part

Search = Callable[[str, Collection[str] | None], Sequence[Hit]]
"""Who fits a text, the best first; among these keys, or among all that may be found."""

CLEAR = 0.3
"""The score of a best agent, below which nobody is meant."""
BETTER = 0.1
"""By how much the agent of one side must be better at it than the agent of the other."""
ABOUT = 0.2
"""Whoever is less than this behind the best of a part, is about that part."""


def needs(intent: str, search: Search) -> tuple[Part, ...]:
    """One part for each need, in the order in which they are said; most intents have one.

    All is decided among those that fit the whole intent at all, which is quick; then each part is asked.
    """
    whole = Part(intent, tuple(search(intent, None)))
    pieces = clauses(intent)
    if len(pieces) == 1 or not whole.hits:
        return (whole,)
    among = [hit.key for hit in whole.hits]
    parts = _apart(pieces, lambda text: Part(text, tuple(search(text, among))))
    if len(parts) == 1 or not _hears_all(whole, parts):
        return (whole,)
    return tuple(Part(part.text, tuple(search(part.text, None))) for part in parts)


def _apart(pieces: list[str], ask: Callable[[str], Part]) -> list[Part]:
    """Join neighbours until all that are left are different needs."""
    parts = [ask(text) for text in with_context(pieces)]
    while len(parts) > 1:
        joint = min(range(len(parts) - 1), key=lambda at: _difference(parts[at], parts[at + 1]))
        if _difference(parts[joint], parts[joint + 1]) >= BETTER:
            break
        pieces = [*pieces[:joint], f"{pieces[joint]}, {pieces[joint + 1]}", *pieces[joint + 2 :]]
        parts[joint : joint + 2] = [ask(with_context(pieces)[joint])]
    return parts


def _difference(one: Part, other: Part) -> float:
    """How much is lost, on the side that loses less, by asking the other side's agent; 0: unclear."""
    if not one.hits or not other.hits or min(one.hits[0].score, other.hits[0].score) < CLEAR:
        return 0.0
    return min(_lost(one, other.hits[0].key), _lost(other, one.hits[0].key))


def _lost(part: Part, agent: str) -> float:
    best = part.hits[0].score
    return best - max((hit.score for hit in part.hits if hit.key == agent), default=0.0)


def _hears_all(whole: Part, parts: Sequence[Part]) -> bool:
    """If nobody fits the whole better than who answers the parts, unless it is about one of them: else a
    piece was torn out of its sense. And none is as good at each part as the part's own.
    """
    best = [_behind(part, BETTER) for part in parts]
    about = frozenset[str]().union(*(_behind(part, ABOUT) for part in parts))
    first = [hit.key for hit in takewhile(lambda hit: hit.key in about, whole.hits)]
    return all(not one.isdisjoint(first) for one in best) and not frozenset.intersection(*best)


def _behind(part: Part, less: float) -> frozenset[str]:
    enough = part.hits[0].score - less
    return frozenset(hit.key for hit in part.hits if hit.score > enough)
