"""The parts of an endpoint, put together."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path

from overlay.endpoint.agreed import Agreed
from overlay.endpoint.answers import Answers
from overlay.endpoint.cards import Cards
from overlay.endpoint.carrier import Carrier
from overlay.endpoint.complaints import Complaints
from overlay.endpoint.composer import Composer
from overlay.endpoint.couriers import Couriers
from overlay.endpoint.directory import Directory
from overlay.endpoint.gate import Gate
from overlay.endpoint.handling import Handling
from overlay.endpoint.holding_back import HoldingBack
from overlay.endpoint.news import News
from overlay.endpoint.outbox import Outbox
from overlay.endpoint.party import Party
from overlay.endpoint.post import Post
from overlay.endpoint.receipts import Receipts
from overlay.endpoint.recent import Recent
from overlay.endpoint.reception import Reception
from overlay.endpoint.resealing import Resealing
from overlay.endpoint.resequencing import Resequencing
from overlay.endpoint.state import State
from overlay.endpoint.verifier import Verifier
from overlay.endpoint.work import Work
from overlay.errors import Unavailable
from overlay.transport.contract import OnError
from overlay.trust.credentials import Credentials
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id


class Parts:
    """What an endpoint is made of, connected and at rest. Raises Unavailable when the state file cannot be
    used.
    """

    def __init__(
        self, party: Party, carrier: Carrier, directory: Directory | None, on_error: OnError
    ) -> None:
        settings, clock = party.settings, party.clock
        self._party = party
        self.clock = clock
        self._on_error = on_error
        self.owner = new_id().hex()
        """This process, in the state file."""
        self.counters: Counter[str] = Counter()
        self.trust = party.trust_store()
        self.keyring = Keyring(party.credentials, self.trust, clock, settings)
        self.cards = Cards(party, self.trust, self.keyring, directory)
        self.composer = Composer(party.id, carrier.slot, self.keyring, settings)
        self.composer.inside = party.domain_card.inside
        self.couriers = Couriers(party.id, self.composer, self.keyring, self.cards, settings, clock)
        self.answers = Answers(party.id, settings.asks_at_once)
        self.post = self._make_post(carrier)
        self.holding_back = HoldingBack(party.id, self.post, settings)
        self.state, self._scratch = _open_state(party, on_error)
        self.outbox = self._make_outbox(carrier)
        self.receipts = Receipts(self.state, self.post, settings, clock, self.counters)
        self.complaints = Complaints(self.post, settings, clock, self.counters)
        self.work = Work(settings.handlers_at_once, settings.handlers_waiting, on_error)
        self.agreed = Agreed(party.id, self.post, settings, clock)
        self.handling = self._make_handling()
        self.resequencing = Resequencing(self.state, self.owner, settings, self.counters, on_error)
        self.gate = Gate(party.id, settings, clock, self.counters)
        self.reception = self._make_reception()
        self.news = News(self.counters, on_error)

    def runs(self) -> tuple[Coroutine[None, None, None], ...]:
        """What runs beside the endpoint."""
        sending = (self.outbox.run(), self.post.run(), self.resequencing.run())
        return (*sending, self.receipts.run(), self.complaints.run())

    def renew(self, credentials: Credentials, carrier: Carrier) -> None:
        """What is sent from now on is sealed with these credentials and goes over this connection."""
        self.keyring.renew(credentials)
        self.cards.credentials = credentials
        self.cards.forget(credentials.party)
        self.use(carrier)

    def use(self, carrier: Carrier) -> None:
        """What is sent from now on goes over this connection."""
        self.composer.slot = carrier.slot
        self.post.transport = self.outbox.transport = carrier.transport

    async def close_state(self) -> None:
        """Leave what has not ended to the party's next process."""
        try:
            await self.outbox.close()
        finally:
            await self.state.close()
            if self._scratch is not None:
                await asyncio.to_thread(self._scratch.cleanup)

    def _make_post(self, carrier: Carrier) -> Post:
        settings = self._party.settings
        return Post(
            role=self._party.credentials.identity.role,
            transport=carrier.transport,
            composer=self.composer,
            keyring=self.keyring,
            cards=self.cards,
            answers=self.answers,
            recent=Recent(settings.resend_messages, settings.resend_bytes),
            waiting=settings.resend_messages,
            counters=self.counters,
            on_error=self._on_error,
        )

    def _make_outbox(self, carrier: Carrier) -> Outbox:
        return Outbox(
            me=self._party.id,
            owner=self.owner,
            state=self.state,
            transport=carrier.transport,
            post=self.post,
            resealing=Resealing(self.keyring, self.cards, self.composer),
            numbering=self.composer.numbering,
            settings=self._party.settings,
            clock=self._party.clock,
            counters=self.counters,
            on_error=self._on_error,
        )

    def _make_handling(self) -> Handling:
        return Handling(
            me=self._party.id,
            work=self.work,
            post=self.post,
            composer=self.composer,
            state=self.state,
            receipts=self.receipts,
            qualities=self.agreed.table,
            settings=self._party.settings,
            clock=self._party.clock,
            counters=self.counters,
            on_error=self._on_error,
        )

    def _make_reception(self) -> Reception:
        return Reception(
            me=self._party.id,
            verifier=Verifier(self._party.id, self.keyring),
            keyring=self.keyring,
            cards=self.cards,
            complaints=self.complaints,
            post=self.post,
            answers=self.answers,
            outbox=self.outbox,
            receipts=self.receipts,
            handling=self.handling,
            resequencing=self.resequencing,
            gate=self.gate,
            holding_back=self.holding_back,
            settings=self._party.settings,
            clock=self._party.clock,
            counters=self.counters,
            on_error=self._on_error,
        )


def _open_state(party: Party, on_error: OnError) -> tuple[State, tempfile.TemporaryDirectory[str] | None]:
    if party.state_path:
        return State(party.state_path, party.settings, party.clock, on_error), None
    scratch = tempfile.TemporaryDirectory(prefix="overlay-")
    try:
        path = Path(scratch.name) / "state.db"
        return State(path, party.settings, party.clock, on_error), scratch
    except Unavailable:
        scratch.cleanup()
        raise
