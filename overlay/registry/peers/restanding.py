"""What an operator changes of how a peer stands to us. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from overlay.registry.peers.protocol import Peer
from overlay.registry.peers.relation import Relation


@dataclass(frozen=True, slots=True)
class Restanding:
    """None: as before, and as usual of a new peer."""

    relation: Relation | None = None
    transit: bool | None = None
    rank: int | None = None

    def applied(self, peer: Peer, before: Peer | None) -> Peer:
        """`peer`, standing as said, and else as `before`."""
        old = before or peer
        return msgspec.structs.replace(
            peer,
            relation=old.relation if self.relation is None else self.relation,
            transit=old.transit if self.transit is None else self.transit,
            rank=old.rank if self.rank is None else self.rank,
        )


UNCHANGED = Restanding()
