"""The parts of an endpoint, put together."""

from __future__ import annotations

import asyncio
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from overlay.endpoint.answers import Answers
from overlay.endpoint.cards import Cards
from overlay.endpoint.complaints import Complaints
from overlay.endpoint.composer import Composer
from overlay.endpoint.directory import Directory
from overlay.endpoint.gate import Gate
from overlay.endpoint.handling import Handling
from overlay.endpoint.news import News
from overlay.endpoint.outbox import Outbox
from overlay.endpoint.party import Party
from overlay.endpoint.post import Post
from overlay.endpoint.receipts import Receipts
from overlay.endpoint.recent import Recent
from overlay.endpoint.reception import Reception
from overlay.endpoint.state import State
from overlay.endpoint.verifier import Verifier
from overlay.endpoint.work import Work
from overlay.errors import Unavailable
from overlay.transport.contract import OnError, Transport
from overlay.trust.bundle import TrustStore
from overlay.trust.keyring import Keyring
from overlay.trust.keys import new_id


@dataclass(frozen=True, slots=True)
class Parts:
    """What an endpoint is made of."""

    trust: TrustStore
    keyring: Keyring
    cards: Cards
    composer: Composer
    answers: Answers
    post: Post
    state: State
    outbox: Outbox
    receipts: Receipts
    complaints: Complaints
    work: Work
    handling: Handling
    gate: Gate
    reception: Reception
    news: News
    counters: Counter[str]
    scratch: tempfile.TemporaryDirectory[str] | None
    """Where the state of a party without a state file is, until its endpoint closes."""

    async def close_state(self) -> None:
        """Leave what has not ended to the party's next process."""
        try:
            await self.outbox.close()
        finally:
            await self.state.close()
            if self.scratch is not None:
                await asyncio.to_thread(self.scratch.cleanup)


def put_together(
    party: Party, transport: Transport, slot: str, directory: Directory | None, on_error: OnError
) -> Parts:
    """All parts, connected and at rest. Raises Unavailable when the state file cannot be used."""
    me, settings, clock = party.id, party.settings, party.clock
    counters: Counter[str] = Counter()
    trust = party.trust_store()
    keyring = Keyring(party.credentials, trust, clock, settings)
    cards = Cards(party, trust, keyring, directory)
    composer = Composer(me, slot, keyring, settings)
    answers = Answers(me, settings.asks_at_once)
    post = Post(
        role=party.credentials.identity.role,
        transport=transport,
        composer=composer,
        keyring=keyring,
        cards=cards,
        answers=answers,
        recent=Recent(settings.resend_messages, settings.resend_bytes),
        waiting=settings.resend_messages,
        counters=counters,
        on_error=on_error,
    )
    state, scratch = _open_state(party, on_error)
    outbox = Outbox(
        me=me,
        owner=new_id().hex(),
        state=state,
        transport=transport,
        post=post,
        settings=settings,
        clock=clock,
        counters=counters,
        on_error=on_error,
    )
    receipts = Receipts(state, post, settings, clock, counters)
    complaints = Complaints(post, settings, clock, counters)
    work = Work(settings.handlers_at_once, settings.handlers_waiting, on_error)
    handling = Handling(
        me=me,
        work=work,
        post=post,
        composer=composer,
        state=state,
        receipts=receipts,
        settings=settings,
        clock=clock,
        counters=counters,
        on_error=on_error,
    )
    gate = Gate(me, settings, clock, counters)
    reception = Reception(
        verifier=Verifier(me, keyring),
        keyring=keyring,
        cards=cards,
        complaints=complaints,
        post=post,
        answers=answers,
        outbox=outbox,
        receipts=receipts,
        handling=handling,
        gate=gate,
        settings=settings,
        clock=clock,
        counters=counters,
        on_error=on_error,
    )
    return Parts(
        trust=trust,
        keyring=keyring,
        cards=cards,
        composer=composer,
        answers=answers,
        post=post,
        state=state,
        outbox=outbox,
        receipts=receipts,
        complaints=complaints,
        work=work,
        handling=handling,
        gate=gate,
        reception=reception,
        news=News(counters, on_error),
        counters=counters,
        scratch=scratch,
    )


def _open_state(party: Party, on_error: OnError) -> tuple[State, tempfile.TemporaryDirectory[str] | None]:
    if party.state_path:
        return State(party.state_path, party.settings.state_busy_s, on_error), None
    scratch = tempfile.TemporaryDirectory(prefix="overlay-")
    try:
        return State(Path(scratch.name) / "state.db", party.settings.state_busy_s, on_error), scratch
    except Unavailable:
        scratch.cleanup()
        raise
