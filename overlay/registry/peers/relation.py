"""What a peered domain is to ours, and so whose messages are carried to it (GW-12). Pure.

The rules are those by which networks of the Internet carry for each other (Gao and Rexford): up, then once
across, then down, and never through somebody who has nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Relation(StrEnum):
    """What the other domain is to ours."""

    PEER = "peer"
    PARENT = "parent"
    """It carries what we know no other way for, and its word counts for the roots of far domains."""
    CHILD = "child"
    """We carry for it, and for those under it."""


@dataclass(frozen=True, slots=True)
class Standing:
    """How the operator configured one peer."""

    relation: Relation = Relation.PEER
    transit: bool = False
    """Plain peers that have it are carried to each other."""
    rank: int = 0
    """Of several ways as good as each other, the one of the lowest rank is taken."""

    @property
    def carried(self) -> bool:
        """Whether we carry between it and the others of its kind."""
        return self.transit and self.relation is Relation.PEER


PLAIN = Standing()


def carries(source: Standing, target: Standing) -> bool:
    """Whether a message that `source` brought may go on to `target`; and so, whether `target` brought us what
    `source` may be told of: for a child anything, between peers by their operators' leave.
    """
    children = Relation.CHILD in (source.relation, target.relation)
    return children or (source.carried and target.carried)


def explain_standing(domain: str, standing: Standing) -> str:
    """In words."""
    match standing.relation:
        case Relation.PARENT:
            return f"{domain} is a parent: what we know no other way for goes there"
        case Relation.CHILD:
            return f"{domain} is a child: we carry for it and for those under it"
        case _ if standing.carried:
            return f"{domain} is a peer with transit: we carry between it and others that have it"
        case _:
            return f"{domain} is a plain peer: it reaches us and our children, and nobody else through us"
