"""Whether a registration has to wait for an administrator, by the policy and by earlier decisions. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.clock import Clock
from overlay.registry.approval.requests import (
    Decision,
    Request,
    check_denied,
    check_room,
    request_id,
)
from overlay.registry.approval.rules import Rules
from overlay.registry.approval.waiting import Waiting
from overlay.registry.protocol import Register
from overlay.registry.record import Record
from overlay.registry.registration.entry import Applicant
from overlay.registry.registration.fault import Fault
from overlay.settings import Settings
from overlay.trust.identity import Identity
from overlay.trust.keycard import holder_of_card
from overlay.trust.serials import serial_text


class Holding:
    """Knows the policy, and what waits."""

    def __init__(self, rules: Rules, waiting: Waiting, settings: Settings, clock: Clock) -> None:
        self._rules = rules
        self._waiting = waiting
        self._settings = settings
        self._clock = clock

    def request(
        self, old: Record | None, who: Applicant, ask: Register, broke: Sequence[Fault]
    ) -> Request | None:
        """What it has to wait for; None: nothing, or it was approved. Raises Refused (by the policy, or just
        this was denied), Overloaded (too many wait), Unavailable (the policy cannot be used).
        """
        why = self._why(old, who, ask, broke)
        if not why:
            return None
        asked = request_id(who.identity, ask.profile)
        before = self._waiting.of(who.identity.party.name)
        if before is not None and before.id == asked:
            check_denied(before)
            return None if before.decision is Decision.APPROVED else before
        if before is None or before.decision is not Decision.OPEN:
            check_room(self._waiting.open, self._settings)
        return Request(
            id=asked,
            name=who.identity.party.name,
            profile=ask.profile,
            serial=serial_text(who.identity.serial),
            organisation=who.identity.attributes.organisation,
            held=why,
            made_at=self._clock(),
            update=old is not None,
        )

    def is_known(self, request: Request) -> bool:
        """Whether it waits already."""
        return self._waiting.of(request.name) == request

    def _why(
        self, old: Record | None, who: Applicant, ask: Register, broke: Sequence[Fault]
    ) -> tuple[str, ...]:
        policy = self._rules.current()
        if old is None or _is_another(old, who.identity):
            return policy.judge_new(ask.profile, who.identity)
        return policy.judge_change(old.profile, ask.profile, who.identity, breaks=bool(broke))


def _is_another(old: Record, identity: Identity) -> bool:
    """Whether its certificate says something else of it by which the policy goes."""
    if old.serial == serial_text(identity.serial):
        return False
    before, now = holder_of_card(old.card).attributes, identity.attributes
    return (before.organisation, before.function) != (now.organisation, now.function)


def in_words(request: Request) -> str:
    """For the agent."""
    return (
        f"held: registration {request.id} waits for the domain's operator ({', '.join(request.held)}; "
        f"`overlay registry approve {request.id}`). Register the same again later"
    )
