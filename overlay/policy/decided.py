"""What an access policy said of those who came before: the same is not decided for each message. Pure."""

from __future__ import annotations

from overlay.policy.access import AccessPolicy, Decision, decide
from overlay.policy.caller import caller_of
from overlay.trust.identity import Identity

_KNOWN = 4096
"""Decisions that are remembered: a stranger may ask for anything."""


class Decided:
    """Of one policy at a time, and of callers who showed no credentials."""

    def __init__(self) -> None:
        self._policy: AccessPolicy | None = None
        self._known: dict[tuple[int, str], tuple[Identity, Decision]] = {}

    def decide(self, policy: AccessPolicy, caller: Identity, home: str, skill: str) -> Decision:
        """As `access.decide`. A policy is another one when it is another object; a caller too."""
        if policy is not self._policy:
            self._policy = policy
            self._known.clear()
        key = id(caller), skill
        known = self._known.get(key)
        if known is not None and known[0] is caller:
            return known[1]
        decision = decide(policy, caller_of(caller, home), skill)
        if len(self._known) >= _KNOWN:
            self._known.clear()
        self._known[key] = caller, decision
        return decision
