"""Whose word counts for the roots of which domains. Pure.

A parent's counts for all that it leads to; that of every other peer only where our operator said so, and a
child's never for everything.
"""

from __future__ import annotations

from collections.abc import Sequence

from overlay.errors import BadInput, TooLarge
from overlay.naming.ids import check_domain
from overlay.registry.peers.protocol import Peer

EVERYTHING = "*"
_BELOW = "*."
MAX_PATTERNS = 100


def check_patterns(patterns: Sequence[str], peer: Peer) -> tuple[str, ...]:
    """`patterns`, if they can be given to this peer. Raises BadName, BadInput, TooLarge."""
    if len(patterns) > MAX_PATTERNS:
        raise TooLarge(f"{len(patterns)} patterns are over the limit of {MAX_PATTERNS}")
    for pattern in patterns:
        if pattern == EVERYTHING:
            if peer.relation == "child":
                raise BadInput(
                    f"{peer.domain} is a child: say for which domains below it its word counts, such as "
                    f"'*.{peer.domain}'"
                )
            continue
        check_domain(pattern.removeprefix(_BELOW))
    return tuple(dict.fromkeys(patterns))


def may_introduce(peer: Peer, domain: str) -> bool:
    """Whether the word of this peer counts for the roots of `domain`."""
    patterns = peer.introduces or ((EVERYTHING,) if peer.relation == "parent" else ())
    return any(_covers(pattern, domain) for pattern in patterns)


def _covers(pattern: str, domain: str) -> bool:
    if pattern == EVERYTHING:
        return True
    if pattern.startswith(_BELOW):
        return domain.endswith(pattern[1:])
    return domain == pattern
