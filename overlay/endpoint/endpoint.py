"""An endpoint: one process of one party, with its broker. The composition of this room."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

from overlay.endpoint.background import beside
from overlay.endpoint.carriage import Carriage
from overlay.endpoint.carrier import Reading
from overlay.endpoint.carrier_door import CarrierDoor
from overlay.endpoint.channel_door import ChannelDoor
from overlay.endpoint.composer import Draft
from overlay.endpoint.dead_letters import DeadLetters
from overlay.endpoint.dial import Connect, dial
from overlay.endpoint.directory import Directory
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.ending import Ending
from overlay.endpoint.handling import message_of
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Handler, Message, Sent, ServiceHandler
from overlay.endpoint.news import OnNews
from overlay.endpoint.parts import Parts
from overlay.endpoint.party import Party
from overlay.endpoint.presenting import Holds, Presenting
from overlay.endpoint.process_door import ProcessDoor
from overlay.endpoint.sending import Sending
from overlay.errors import BadCertificate, OverlayError, Unreachable
from overlay.naming.ids import PartyId
from overlay.naming.mailboxes import agent_inbox, process_inbox, service_inbox
from overlay.naming.subjects import Class, Priority, ToAll
from overlay.quality.quality import Told
from overlay.transport.address import TlsFiles
from overlay.transport.contract import OnError, Transport
from overlay.trust.bundle import TrustBundle
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.keys import SealingKey
from overlay.wire.content import Kind
from overlay.wire.envelope import Header


class Endpoint:
    """One process of one party. Opened with `async with Endpoint.open(party, directory=…) as endpoint`."""

    def __init__(self, party: Party, carriage: Carriage, parts: Parts) -> None:
        self.party = party
        self.me = party.id
        self.identity = party.credentials.identity
        self.settings = party.settings
        self.trust = parts.trust
        """Whom we believe; add and deny here."""
        self.gate = parts.gate
        """Who may have messages handled here: its `policy` lets in agents of our own domain."""
        self.qualities = parts.agreed
        """Of sessions and tasks: ours, and those that others told us."""
        self.dead_letters: DeadLetters = parts.state.dead_letters
        """What this party gave up, or its handler rejected for good."""
        self._carriage = carriage
        self._parts = parts
        self._sending = Presenting(Sending(party, parts), party.settings, parts.counters)
        self.channels = ChannelDoor(carriage, parts, lambda: self.party)
        self.processes = ProcessDoor(parts)
        self.carriers = CarrierDoor(parts, lambda: self.party)
        self._ending = Ending(carriage, parts.answers)

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        party: Party,
        *,
        directory: Directory | None = None,
        connect: Connect = dial,
        on_error: OnError = log_error,
    ) -> AsyncIterator[Endpoint]:
        """Connects, and closes with the block. Raises Unreachable, Refused, Overloaded (no free slot)."""
        carriage = await Carriage.open(party, connect, on_error)
        try:
            parts = Parts(party, carriage.current, directory, on_error)
            endpoint = cls(party, carriage, parts)
            try:
                guest = party.credentials.identity.role in (Role.JOIN, Role.LINK)
                inbox = partial(process_inbox, party.id.name, news=not guest)
                await carriage.begin(inbox, parts.news.sift(parts.reception.answer))
                async with beside(*parts.runs(), carriage.run(parts.answers), endpoint._ending.watch()):
                    try:
                        yield endpoint
                    finally:
                        await endpoint._drain()
            finally:
                parts.answers.close(Unreachable(f"this endpoint of {party.id} was closed"))
                await parts.work.stop()
                await endpoint._sending.close(party.id)
                await parts.close_state()
        finally:
            await carriage.close()

    @property
    def transport(self) -> Transport:
        """Our connection. Another one after `renew`."""
        return self._carriage.current.transport

    @property
    def slot(self) -> str:
        """The token of this process; another one after `renew`."""
        return self._carriage.current.slot

    @property
    def counters(self) -> Counter[str]:
        """What was dropped or went wrong, by reason."""
        counters = self._parts.counters
        if self._carriage.dropped:
            counters["reader-full"] = self._carriage.dropped
        return counters

    def own_card(self) -> bytes:
        """Our key card, the one that goes with messages. Raises BadInput when there is no sealing key."""
        return self._parts.keyring.own_card()

    def use_directory(self, directory: Directory) -> None:
        """From now on ask this one: for a directory that itself asks by this endpoint (the registry's)."""
        self._parts.cards.directory = directory

    def use_wallet(self, wallet: Holds) -> None:
        """From now on show credentials of this one where a receiver wants them."""
        self._sending.wallet = wallet

    async def send(
        self,
        to: PartyId,
        body: bytes,
        *,
        topic: str = "",
        reliable: bool = False,
        priority: Priority = Priority.NORMAL,
        deadline_s: float | None = None,
        attributes: Mapping[str, str] | None = None,
        quality: Told | None = None,
    ) -> Sent:
        """Send a message that wants no answer. Realtime: returns when the broker took it. Reliable: returns
        when it is stored; `await sent.receipt()` ends when it was handled.

        Raises TooLarge, NotFound, Refused, Unavailable (NotStored: it may or may not arrive).
        """
        cls = Class.RELIABLE if reliable else Class.REALTIME
        usual_s = self.settings.reliable_deadline_s if reliable else self.settings.default_deadline_s
        left_s = deadline_s or usual_s
        draft = Draft(Kind.MESSAGE, to, body, topic, attributes, cls, priority, left_s, (), quality)
        return await self._sending.send(draft)

    async def send_again(self, message_id: bytes, *, deadline_s: float | None = None) -> Sent:
        """Send a dead letter again under the same ID. Raises NotFound; BadInput if not ours; as `send`."""
        letter = self.dead_letters.get(message_id)
        return await self._sending.send_again(letter, deadline_s or self.settings.reliable_deadline_s)

    async def ask(
        self,
        to: PartyId,
        body: bytes,
        *,
        topic: str = "",
        priority: Priority = Priority.NORMAL,
        timeout_s: float | None = None,
        reliable: bool = False,
        attributes: Mapping[str, str] | None = None,
        quality: Told | None = None,
    ) -> Message:
        """Ask, and wait for the reply. Raises what the other side answered, by its reason; TimedOut; the
        same as `send`. A reliable request is handled once even if its receiver is away for a while.
        """
        cls = Class.RELIABLE if reliable else Class.REALTIME
        left_s = timeout_s or self.settings.ask_timeout_s
        draft = Draft(Kind.REQUEST, to, body, topic, attributes, cls, priority, left_s, quality=quality)
        return message_of(await self._sending.ask(draft))

    async def ask_service(
        self, service: str, operation: str, body: bytes, *, timeout_s: float | None = None
    ) -> bytes:
        """Ask a service of our domain (`ca`, `registry`). Raises as `ask`."""
        left_s = timeout_s or self.settings.ask_timeout_s
        return await self._sending.ask_service(service, operation, body, left_s)

    async def serve(self, handler: Handler) -> None:
        """Read our agent inbox from now on, realtime and stored; returns when reading has begun. Handlers
        run side by side, at most `Settings.handlers_at_once`. Call it once. Raises Refused.
        """
        reception = self._parts.reception
        reception.handler = handler
        await self._carriage.read(Reading(agent_inbox(self.me.name), reception.message, reception.stored))

    async def serve_service(self, service: str, handler: ServiceHandler) -> None:
        """Read the questions to `service` from now on. Call it once. Raises Refused."""
        reception = self._parts.reception
        reception.service_handler = handler
        await self._carriage.read(Reading(service_inbox(service), reception.question))

    def report(self, header: Header, error: OverlayError) -> None:
        """Tell the sender of a message that was not handled why, soon and within the limit of complaints."""
        self._parts.complaints.report(header, error)

    def on_news(self, topic: str, sender: str, handler: OnNews) -> None:
        """From now on tell `handler` what service `sender` of our domain tells everybody about `topic`."""
        self._parts.news.on(topic, sender, handler)

    async def tell_news(self, topic: str, statement: bytes) -> None:
        """Tell every process of our domain; for services. Raises TooLarge, Unreachable."""
        await self.transport.publish(str(ToAll(topic, self.me.name)), statement)

    def end(self, error: Unreachable) -> None:
        """Nothing will work here any more, and this is why: `closed` raises it, and who waits gets it."""
        self._ending.tell(error)

    def forget(self, party: PartyId) -> None:
        """Drop keys and card of `party`: its certificate was renewed or revoked."""
        self._parts.keyring.forget(party)
        self._parts.cards.forget(party)
        self.gate.shown.forget(party)

    def forget_domain(self, domain: str) -> None:
        """Trust `domain` no longer, drop its parties' keys and cards. Raises BadCertificate for our own."""
        self.trust.remove(domain)
        self._parts.keyring.forget_domain(domain)
        self._parts.cards.forget_domain(domain)

    async def renew(self, credentials: Credentials, tls: TlsFiles | None = None) -> None:
        """Go on with new credentials of the same party, over a second connection: returns when messages are
        sealed with them and go that way. The first one ends in the background, when its handlers have ended
        and its questions are answered (`renew_overlap_s`). `tls`: where the files are, if elsewhere than
        before; they must be there already.

        Raises BadCertificate for another party's; Unreachable, Refused, Overloaded (no free slot) where there
        is no second connection. Then nothing has changed.
        """
        if credentials.party != self.me:
            raise BadCertificate(f"these are the credentials of {credentials.party}, not of {self.me}")
        renewed = replace(self.party, credentials=credentials, tls=tls or self.party.tls)
        async with self._carriage.second(renewed) as carrier:
            self._parts.renew(credentials, carrier)
            self.identity = credentials.identity
            self.party = replace(self.party, credentials=credentials, tls=renewed.tls)

    def use_sealing_keys(self, source: Callable[[], Sequence[SealingKey]]) -> None:
        """From now on ask `source`, which is quick, for sealing keys that our other processes made."""
        self._parts.keyring.sealing_source = source

    async def alone(self) -> None:
        """Returns when the connection before the last renewal is closed."""
        await self._carriage.alone()

    def learn_card(self, card: DomainCard) -> None:
        """Go on with news of our domain: its roots, brokers and services. They are believed as they are: see
        `open_domain_card`. Raises BadInput, BadCertificate.
        """
        gone = set(self.party.domain_card.roots) - set(card.roots)
        self.trust.add(card.bundle)
        self._parts.cards.learn_card(card)
        self._parts.composer.inside = card.inside
        if gone:
            self._parts.outbox.root_is_gone()
        self.party = replace(self.party, domain_card=card)
        self._carriage.use_addresses(self.party.addresses)

    def ask_card_by(self, ask: Callable[[], Awaitable[bool]]) -> None:
        """Ask by this for a newer card of our domain when somebody comes with a root that we do not know; it
        says whether there was one.
        """
        self._parts.cards.ask_card = ask

    async def learn_domain(self, domain: str) -> None:
        """Trust `domain` from now on, if the directory does; of strangers it is not asked again for a while.
        Raises NotFound, Unavailable.
        """
        await self._parts.cards.learn(domain)

    def learn_bundle(self, bundle: TrustBundle) -> None:
        """Go on with other roots of a domain that is trusted already; they are believed as they are."""
        self.trust.add(bundle)
        self._parts.cards.forget_domain(bundle.domain)

    async def closed(self) -> None:
        """Returns after the block ended; raises Unreachable when the broker was given up, or after `end`."""
        await self._ending.wait()

    async def _drain(self) -> None:
        """Take nothing more, let handlers end, say what was handled."""
        parts = self._parts
        parts.handling.accepting = False
        if not await parts.work.drain(self.settings.drain_timeout_s):
            parts.counters["handlers-cut-off"] += parts.work.running
            await parts.work.stop()
        await self._carriage.stop_shared()
        with suppress(TimeoutError):  # what is not said now is asked for by the senders' outboxes
            async with asyncio.timeout(self.settings.drain_timeout_s):
                await parts.receipts.flush()
