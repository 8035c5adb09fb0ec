"""Asking the registry: one method for each operation; answers are checked before they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadCertificate
from overlay.naming.ids import REGISTRY, PartyId
from overlay.registry.answers import open_answer
from overlay.registry.approval.held import RegistrationHeld
from overlay.registry.asking import ask_again
from overlay.registry.peers.protocol import (
    AskBundle,
    Bundle,
)
from overlay.registry.protocol import (
    DENIED_KIND,
    NEWS,
    Alive,
    AskDenied,
    Count,
    Denied,
    DeniedPage,
    Deregister,
    Heartbeat,
    Op,
    Records,
    Register,
    Registered,
    Resolve,
    Subscribers,
)
from overlay.registry.record import Presence, Profile, Record, Status
from overlay.registry.search.protocol import ANY_PRESENCE, Find, Match, Matches
from overlay.trust.bundle import TrustBundle
from overlay.trust.keycard import KeyCard, open_card
from overlay.trust.serials import parse_serial
from overlay.trust.signed import open_from
from overlay.wire.request import Nothing, decode_struct, encode_struct

T = TypeVar("T", bound=msgspec.Struct)


class RegistryClient:
    """The registry of the endpoint's domain; also the endpoint's `Directory` (`Endpoint.use_directory`).

    Every method raises Refused, NotFound, BadInput, Untrusted (an answer that is not the registry's), and
    what `Endpoint.ask_service` raises.
    """

    def __init__(self, endpoint: Endpoint, timeout_s: float | None = None) -> None:
        self._endpoint = endpoint
        self.usual_s = timeout_s or endpoint.settings.ask_timeout_s
        """How long it waits for an answer."""
        self._denied = 0
        self._denied_log = ""
        self.access = b""
        """Who may call our agent: goes with every registration."""

    # -- the endpoint's directory -----------------------------------------------------------------------
    async def card(self, party: PartyId) -> KeyCard:
        """The verified key card of an agent, ours or a peer's."""
        record = await self.resolve(party)
        return open_card(record.card, self._endpoint.trust, self._endpoint.party.clock())

    async def bundle(self, domain: str) -> TrustBundle:
        """The roots pinned for a domain. What it revoked is denied from now on."""
        answer = await self.ask(Op.BUNDLE, AskBundle(domain), Bundle)
        bundle = TrustBundle.from_bytes(answer.bundle)
        if bundle.domain != domain:
            raise BadCertificate(f"the registry gave the roots of {bundle.domain} for {domain}")
        for serial in answer.denied:
            self._endpoint.trust.deny(domain, parse_serial(serial))
        return bundle

    # -- agents -----------------------------------------------------------------------------------------
    async def register(self, profile: Profile, *, anew: bool = False) -> Registered:
        """Enter, or change, our own record, with our key card. `anew`: whatever it said before (REG-3).
        Raises RegistrationHeld as well: an administrator decides, and until then we are not entered.
        """
        ask = Register(profile, self._endpoint.own_card(), self.access, anew)
        answer = await self.ask(Op.REGISTER, ask, Registered)
        if answer.held:
            raise RegistrationHeld(answer.held)
        return answer

    async def deregister(self, resource_id: str) -> None:
        """Take our own record away."""
        await self.ask(Op.DEREGISTER, Deregister(resource_id), Nothing, self.usual_s)

    async def heartbeat(self, presence: Presence = Presence.ONLINE, status: Status | None = None) -> Alive:
        """We are alive, and how. Denies here what was revoked since the last heartbeat."""
        ask = Heartbeat(presence, self._denied, self._denied_log, status)
        alive = await self.ask(Op.HEARTBEAT, ask, Alive)
        self._deny(alive.denied, alive.denied_log)
        return alive

    async def follow_denied(self) -> None:
        """Deny here what our domain and its peers revoked, and from now on what peers revoke, at once; the
        heartbeats bring what was missed of that.
        """
        self.hear_denied()
        more = True
        while more:
            page = await self.ask(Op.DENIED, AskDenied(self._denied, self._denied_log), DeniedPage)
            self._deny(page.denied, page.log)
            more = page.more

    def hear_denied(self) -> None:
        """From now on deny here what peers revoke, at once, as far as the registry's news come."""
        self._endpoint.on_news(NEWS, REGISTRY, self._news)

    def _news(self, statement: bytes) -> None:
        trust, now = self._endpoint.trust, self._endpoint.party.clock()
        page = decode_struct(open_from(REGISTRY, DENIED_KIND, statement, trust, now), DeniedPage)
        missed = page.log != self._denied_log or page.since > self._denied
        self._deny(page.denied, "" if missed else page.log)

    def _deny(self, denied: Sequence[Denied], log: str) -> None:
        """`log`: of the registry's answer to what we know; empty: something before these may be missing."""
        for item in denied:
            serial = parse_serial(item.serial)
            if not self._endpoint.trust.denies(item.domain, serial):
                self._endpoint.trust.deny(item.domain, serial)
        if not log:
            return
        if log != self._denied_log:
            self._denied_log, self._denied = log, 0
        self._denied = max(self._denied, *(item.number for item in denied), 0)

    async def find(
        self, skill: str, limit: int = 10, *, online: bool = True, domain: str = ""
    ) -> tuple[Match, ...]:
        """Who has a skill, or one below it; the best first."""
        presence = Presence.ONLINE.value if online else ANY_PRESENCE
        ask = Find((skill,), limit=limit, presence=presence, domain=domain)
        return (await self.ask(Op.FIND, ask, Matches)).matches

    async def subscribers(self, topic: str) -> list[Record]:
        """All that want to be told of a topic."""
        found: list[Record] = []
        more = True
        while more:
            after = found[-1].party if found else ""
            page = await self.ask(Op.SUBSCRIBERS, Subscribers(topic, after), Records)
            found += page.records
            more = page.more
        return found

    async def resolve(self, party: PartyId) -> Record:
        """The record of an agent."""
        return await self.ask(Op.RESOLVE, Resolve(str(party)), Record)

    async def count(self) -> Count:
        """How many agents our domain has."""
        return await self.ask(Op.COUNT, Nothing(), Count)

    async def ask(
        self, operation: Op, question: msgspec.Struct, answer: type[T], timeout_s: float | None = None
    ) -> T:
        """Any question; its answer is checked (REG-6). The rooms' own clients stand on this. Without
        `timeout_s` it is asked again when no answer comes for `registry_ask_again_s`, and may be done twice.
        Raises what every method does.
        """
        body = encode_struct(question)
        endpoint = self._endpoint

        async def once(left_s: float) -> bytes:
            return await endpoint.ask_service(REGISTRY, operation, body, timeout_s=left_s)

        again_s = endpoint.settings.registry_ask_again_s
        data = await (once(timeout_s) if timeout_s else ask_again(once, self.usual_s, again_s))
        result = open_answer(
            data,
            operation,
            body,
            trust=self._endpoint.trust,
            now=self._endpoint.party.clock(),
            age_s=self._endpoint.settings.registry_answer_age_s,
        )
        return decode_struct(result, answer)
