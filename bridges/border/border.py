"""Who is let over the border: by the operator's policy, and what is known here of the agents'. Pure."""

from __future__ import annotations

from collections.abc import Callable

from bridges.border.review import Attached
from overlay.errors import NotPermitted
from overlay.naming.ids import PartyId, is_reserved
from overlay.policy.access import reachable
from overlay.policy.border import BorderPolicy, Passage, answers, passes, stays
from overlay.policy.caller import Caller
from overlay.trust.attributes import Attributes
from overlay.wire.envelope import Header

AttributesOf = Callable[[Header], Attributes | None]
"""What the certificate on a header's key card says; None: there is none, or it is not proved."""


class Border:
    """Of one domain. What gateways and services say of messages is not held up."""

    def __init__(self, domain: str) -> None:
        self.policy = BorderPolicy()
        """May be changed at any time."""
        self._domain = domain

    def leave(self, header: Header) -> None:
        """Raises NotPermitted unless the message may go out."""
        passage = self._passage(header)
        if not passage.allowed:
            raise NotPermitted(f"not permitted: {passage.why}")

    def within(self, header: Header) -> None:
        """Raises NotPermitted if the operator denies what goes between these two agents of ours (GW-11)."""
        sender, to = PartyId.parse(header.sender), PartyId.parse(header.to)
        passage = stays(self.policy, sender, to)
        if header.slot and not passage.allowed:  # an answer passes if the question could
            passage = stays(self.policy, to, sender)
        if not passage.allowed:
            raise NotPermitted(f"not permitted: {passage.why}")

    def enter(self, header: Header) -> None:
        """Raises NotPermitted unless the message may come in, as far as the operator says."""
        if not self._passage(header).allowed:
            raise NotPermitted("not permitted")

    def lets(self, sender: PartyId, to: PartyId) -> bool:
        """Whether the operator lets one reach the other; what only passes through is not ours to judge."""
        if self._domain not in (sender.domain, to.domain):
            return True
        return passes(self.policy, sender, to, self._domain).allowed

    def reach(self, header: Header, attached: Attached, attributes_of: AttributesOf) -> None:
        """Raises NotPermitted when the policy of the agent cannot let this in. Answers to what it asked
        always pass; what the gateway cannot know is left to the agent.
        """
        if header.slot:
            return
        access, sender = attached.access, PartyId.parse(header.sender)
        asks = any(rule.has_attributes for rule in (*access.allow, *access.deny))
        attributes = attributes_of(header) if asks else None
        decision = reachable(access, Caller(sender, self._domain, attributes=attributes))
        if not decision.allowed:
            raise decision.refusal(tell=access.tell_wants)

    def _passage(self, header: Header) -> Passage:
        sender, to = PartyId.parse(header.sender), PartyId.parse(header.to)
        if not header.slot:
            return passes(self.policy, sender, to, self._domain)
        if is_reserved(sender.name):
            return Passage(True, f"{sender} says something about a message of {to}")
        return answers(self.policy, sender, to, self._domain)
