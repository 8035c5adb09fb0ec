"""The receiver's own door: who may have a message handled (GW-17). After the proof, before the handler."""

from __future__ import annotations

import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from overlay.clock import Clock
from overlay.endpoint.in_turn import InTurn
from overlay.endpoint.message import Handler, Message
from overlay.endpoint.sender_limit import SenderLimit
from overlay.endpoint.shown import Proofs, ShownCredentials
from overlay.endpoint.verifier import Verified
from overlay.errors import NotPermitted
from overlay.naming.ids import PartyId
from overlay.naming.topics import is_wide
from overlay.policy.access import AccessPolicy, Decision, decide
from overlay.policy.caller import Shown, caller_of
from overlay.policy.decided import Decided
from overlay.settings import Settings
from overlay.trust.identity import Role

_log = logging.getLogger(__name__)
_NOTED = 400
"""Characters of what a stranger wrote that are kept and logged."""

_Step = Callable[[Verified], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Refusal:
    """Who was not let in, and why: for our own side."""

    at: float
    caller: PartyId
    skill: str
    why: str


class Senders(Protocol):
    """Says which agents of our own domain are registered."""

    def knows(self, party: PartyId) -> bool | None:
        """At once; None: it has to be asked."""

    async def learn(self, party: PartyId) -> bool:
        """Ask."""


class Gate:
    """Only requests and messages come by here: answers, receipts and confirmations are about our own.

    `policy` may be changed at any time, and counts for the next message.
    """

    def __init__(self, me: PartyId, settings: Settings, clock: Clock, counters: Counter[str]) -> None:
        self.policy = AccessPolicy()
        self.means: Callable[[str], str] = lambda topic: topic
        """Which skill or topic of ours is meant by what a message says."""
        self.senders: Senders | None = None
        """None: agents of our own domain need not be registered."""
        self.refusals: deque[Refusal] = deque(maxlen=settings.refusals_noted)
        """The latest."""
        self.shown = ShownCredentials(settings, clock, counters)
        self._decided = Decided()
        self._turns = InTurn()
        self._me = me
        self._clock = clock
        self._counters = counters
        self._limit = settings.shown_bytes
        self._said = SenderLimit(
            settings.complaints_per_s, settings.complaints_burst, settings.peers_counted, clock
        )

    def use_proofs(self, proofs: Proofs) -> None:
        """From now on, credentials that this one finds good count."""
        self.shown.proofs = proofs

    def admit(
        self, handler: Handler, verified: Verified, ended: Callable[[], bool] = lambda: False
    ) -> Handler | NotPermitted:
        """Who handles it: `handler`, or one that looks at the caller's credentials first. Else the refusal.

        `ended`: whether it was handled before, and its sender only asks how. Never waits: what has to be
        asked for is asked in the handler's place.
        """
        steps = self._steps(verified, ended)
        if isinstance(steps, NotPermitted):
            return steps
        party = verified.sender.party
        if not steps and not self._turns.busy(party):
            return handler

        async def ask_first(message: Message) -> bytes | None:
            async with self._turns.turn(party):
                for step in steps:
                    await step(verified)
            return await handler(message)

        return ask_first

    def _steps(self, verified: Verified, ended: Callable[[], bool]) -> tuple[_Step, ...] | NotPermitted:
        """What is to be asked first; a step raises NotPermitted. Or the refusal."""
        senders, party = self.senders, verified.sender.party
        if senders is None or verified.sender.role is not Role.AGENT or party.domain != self._me.domain:
            return self._permitted(verified, ended)
        registered = senders.knows(party)
        if registered is False and not ended():
            return self._unregistered(verified)
        permitted = self._permitted(verified, ended)
        if registered is not None or isinstance(permitted, NotPermitted):
            return permitted

        async def registration(verified: Verified) -> None:
            if not await senders.learn(party):
                raise self._unregistered(verified)

        return registration, *permitted

    def _permitted(self, verified: Verified, ended: Callable[[], bool]) -> tuple[_Step, ...] | NotPermitted:
        decision = self._decide(verified, self.shown.of(verified.sender))
        if decision.allowed or ended():
            return ()
        jwts = self._to_prove(verified)
        if not jwts or not decision.wants:
            return self._refuse(verified, decision, ())
        return (partial(self._prove, jwts),)

    async def _prove(self, jwts: tuple[str, ...], verified: Verified) -> None:
        shown, wrong = await self.shown.learn(verified.sender, jwts)
        proved = self._decide(verified, shown)
        if not proved.allowed:
            raise self._refuse(verified, proved, wrong)

    def _to_prove(self, verified: Verified) -> tuple[str, ...]:
        shown = verified.content.shown
        if sum(map(len, shown)) > self._limit:
            self._counters["shown-too-large"] += 1
            shown = ()
        return *shown, *self.shown.stale(verified.sender)

    def _decide(self, verified: Verified, shown: tuple[Shown, ...]) -> Decision:
        if is_wide(verified.content.topic):  # subscribed to, perhaps, but nothing to say something about
            return Decision(False, "", f"{verified.sender.party} names many topics at once")
        if not shown:
            skill = self.means(verified.content.topic)
            return self._decided.decide(self.policy, verified.sender, self._me.domain, skill)
        caller = caller_of(verified.sender, self._me.domain, shown)
        return decide(self.policy, caller, self.means(verified.content.topic))

    def _refuse(self, verified: Verified, decision: Decision, wrong: tuple[str, ...]) -> NotPermitted:
        shown = f"; of what it showed: {'; '.join(wrong)}" if wrong else ""
        self._note(verified, f"{decision.why[:_NOTED]}{shown[:_NOTED]}")
        return decision.refusal(tell=self.policy.tell_wants, wrong=wrong)

    def _unregistered(self, verified: Verified) -> NotPermitted:
        """Of our own domain, so it may know (REG-2)."""
        self._counters["sender-not-registered"] += 1
        who = verified.sender.party
        self._note(verified, f"{who} is not registered")
        return NotPermitted(f"{who} is not registered in its domain: it takes no part until it is")

    def _note(self, verified: Verified, why: str) -> None:
        self._counters[NotPermitted.reason] += 1
        caller, topic = verified.sender.party, verified.content.topic[:_NOTED]
        self.refusals.append(Refusal(self._clock(), caller, topic, why))
        if self._said.allow(str(caller)):
            _log.warning("%s refused %s, topic %r: %s", self._me, caller, topic, why)
