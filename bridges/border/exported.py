"""Which of our agents are there for a peer; messages to the others meet nobody. Pure."""

from __future__ import annotations

from bridges.border.review import Attached
from overlay.policy.export import ExportPolicy, decode_export, exported
from overlay.registry.peers.export_protocol import Exports
from overlay.registry.peers.showing import OfRecord

_DECIDED = 100_000
"""For so many agents and peers it is remembered: a policy may have a thousand rules."""


class Exported:
    """The operator's export policies, as far as they were read."""

    def __init__(self) -> None:
        self.mark = ""
        """Of what was read last."""
        self.version = 0
        """Another one whenever something changed."""
        self._usual = ExportPolicy()
        self._policies: dict[str, ExportPolicy] = {}
        self._decided: dict[tuple[str, str], tuple[OfRecord, bool]] = {}

    def take(self, told: Exports) -> None:
        """From the registry. Raises BadInput."""
        if told.mark == self.mark:
            return
        policies = {domain: decode_export(data) for domain, data in told.policies.items()}
        self._usual, self._policies = decode_export(told.usual), policies
        self._decided.clear()
        self.mark = told.mark
        self.version += 1

    def hides(self, peer: str, agent: Attached | None) -> bool:
        """Whether `peer` must not know of this agent of ours."""
        policy = self._policies.get(peer, self._usual)
        if agent is None or policy.is_open:
            return False
        place = peer, agent.offered.name
        known = self._decided.get(place)
        if known is None or known[0] is not agent.offered:
            if len(self._decided) >= _DECIDED:
                self._decided.clear()
            known = self._decided[place] = agent.offered, exported(policy, agent.offered) is None
        return known[1]
