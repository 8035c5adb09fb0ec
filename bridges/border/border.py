"""Who is let over the border: by the operator's policy, and what is known here of the agents'. Pure."""

from __future__ import annotations

from collections.abc import Callable

from bridges.border.review import Attached
from overlay.errors import NotPermitted
from overlay.naming.ids import PartyId, is_reserved
from overlay.policy.access import AccessPolicy, Decision, reachable
from overlay.policy.border import BorderPolicy, Passage, answers, passes, stays
from overlay.policy.caller import Caller
from overlay.trust.attributes import Attributes
from overlay.wire.envelope import Header

AttributesOf = Callable[[Header], Attributes | None]
"""What the certificate on a header's key card says; None: there is none, or it is not proved."""


_PAIRS = 10_000
"""Of sender and receiver, for which it is remembered what the policies say."""


class Border:
    """Of one domain. What gateways and services say of messages is not held up."""

    def __init__(self, domain: str) -> None:
        self.policy = BorderPolicy()
        """May be changed at any time."""
        self._domain = domain
        self._judged: tuple[BorderPolicy, dict[tuple[str, str, bool], Passage]] = self.policy, {}
        self._reached: dict[tuple[int, str], tuple[AccessPolicy, Decision]] = {}

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
        access = attached.access
        attributes = attributes_of(header) if access.asks_attributes else None
        decision = self._reachable(access, header.sender, attributes)
        if not decision.allowed:
            raise decision.refusal(tell=access.tell_wants)

    def _reachable(self, access: AccessPolicy, sender: str, attributes: Attributes | None) -> Decision:
        """What was decided for a pair before is not decided for each message."""
        key = id(access), sender
        known = self._reached.get(key)
        if attributes is None and known is not None and known[0] is access:
            return known[1]
        decision = reachable(access, Caller(PartyId.parse(sender), self._domain, attributes=attributes))
        if attributes is None:
            if len(self._reached) >= _PAIRS:
                self._reached.clear()
            self._reached[key] = access, decision
        return decision

    def _passage(self, header: Header) -> Passage:
        if self._judged[0] is not self.policy:
            self._judged = self.policy, {}
        known = self._judged[1]
        key = header.sender, header.to, bool(header.slot)
        passage = known.get(key)
        if passage is None:
            if len(known) >= _PAIRS:
                known.clear()
            passage = known[key] = self._judge(header)
        return passage

    def _judge(self, header: Header) -> Passage:
        sender, to = PartyId.parse(header.sender), PartyId.parse(header.to)
        if not header.slot:
            return passes(self.policy, sender, to, self._domain)
        if is_reserved(sender.name):
            return Passage(True, f"{sender} says something about a message of {to}")
        return answers(self.policy, sender, to, self._domain)
