"""Who is found: decided from what is known here, for one asker at a time (REG-4 … REG-7, REG-11). No I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import islice, zip_longest

import msgspec
import numpy as np

from overlay.clock import Clock
from overlay.discovery.contract import Hit, Part, Vector
from overlay.discovery.index import Among
from overlay.errors import BadInput
from overlay.naming.topics import check_topic, most_specific
from overlay.policy.caller import Caller
from overlay.quality.caps import CapsPolicy
from overlay.registry.protocol import Records, Subscribers
from overlay.registry.record import Record
from overlay.registry.search.catalogue import Catalogue
from overlay.registry.search.columns import NOT_SAID, tie_of
from overlay.registry.search.discovery_policy import DiscoveryPolicy, sight_of
from overlay.registry.search.explaining import advice
from overlay.registry.search.meaning import Meaning
from overlay.registry.search.page import Page
from overlay.registry.search.postings import Mask
from overlay.registry.search.protocol import ANY_PRESENCE, Find, Matches, Report
from overlay.registry.search.query import Query, compile_query
from overlay.registry.search.ranking import Cursor, in_order, mixed, question_of, read_cursor, write_cursor
from overlay.registry.search.rate import PerMinute
from overlay.registry.search.selector import Selection, Selector
from overlay.registry.search.visibility import for_sending, visible
from overlay.settings import Settings

_encode = msgspec.msgpack.Encoder().encode


class Finder:
    """Answers about all records of a catalogue."""

    def __init__(
        self,
        catalogue: Catalogue,
        meaning: Meaning,
        settings: Settings,
        clock: Clock,
        known_up_to: Callable[[str], int],
    ) -> None:
        """`known_up_to`: the change of a peer's registry up to which we know it."""
        self.policy = DiscoveryPolicy()
        self._catalogue = catalogue
        self._selector = Selector(catalogue)
        self._meaning = meaning
        self._settings = settings
        self._clock = clock
        self._known_up_to = known_up_to
        self._caps = CapsPolicy()
        self._parties = PerMinute(clock, settings.finds_per_minute)
        self._organisations = PerMinute(
            clock, settings.finds_per_minute_organisation, "finds_per_minute_organisation"
        )
        self._resolves = PerMinute(clock, settings.resolves_per_minute, "resolves_per_minute")

    def cap(self, caps: CapsPolicy) -> None:
        """From now on questions are counted by these caps, where they say something (GW-15)."""
        self._caps = caps

    def find(self, asker: Caller, ask: Find) -> Matches:
        """`admit`, and `answer`."""
        return self.answer(asker, self.admit(asker, ask), ask)

    def admit(self, asker: Caller, ask: Find) -> Query:
        """The question, if it is one that this asker may ask now: before anything is done for it.

        Raises BadInput, BadName, TooLarge (the question); Overloaded (REG-10), which says until when.
        """
        self.count(asker)
        return compile_query(ask, self._settings)

    def answer(self, asker: Caller, query: Query, ask: Find, vector: Vector | None = None) -> Matches:
        """Who fits. `vector`: the intent's, by the embedding endpoint. Raises BadInput (the cursor)."""
        cursor = read_cursor(query.after, query.key)
        sight = self._catalogue.seen(sight_of(self.policy, asker), str(asker.party))
        found = self._selector.select(query, sight)
        now = self._clock()
        page = Page(query, asker, self._catalogue, self._settings, now, self._known_up_to, cards=ask.cards)
        if query.intent:
            answer = self._by_meaning(query, found, cursor, page, vector)
        else:
            answer = self._by_rank(query, found, cursor, page, asker)
        if not answer.matches and cursor is None:
            answer = msgspec.structs.replace(answer, advice=self._advice(query, sight))
        return msgspec.structs.replace(answer, at=now)

    def count_resolve(self, asker: Caller) -> None:
        """The asker names one more agent. Raises Overloaded."""
        self._resolves.take(str(asker.party))

    def shown(self, asker: Caller, record: Record) -> Record:
        """The record of an agent that the asker named."""
        return for_sending(self.policy, asker, record)

    def count(self, asker: Caller) -> None:
        """One more question of this asker. Raises Overloaded."""
        self._parties.take(str(asker.party), self._caps.finds_of(asker.party))
        if asker.attributes is not None and asker.attributes.organisation:
            organisation = asker.attributes.organisation
            self._organisations.take(organisation, self._caps.finds_of_organisation(organisation))

    def reported(self, asker: Caller, ask: Report) -> str:
        """The intent of a report. Raises BadInput, TooLarge; Overloaded: it counts as a question."""
        self.count(asker)
        query = compile_query(Find(intent=ask.intent), self._settings)
        if not query.intent:
            raise BadInput("intent is missing: say what the agent was asked for")
        return query.intent

    def seen(self, asker: Caller, party: str) -> Record | None:
        """An agent, whole; None: there is none, or the asker may not find it."""
        record = self._catalogue.read(party)
        if record is None or visible(self.policy, asker, record) is None:
            return None
        return record

    def subscribers(self, asker: Caller, ask: Subscribers) -> Records:
        """Who wants to be told of a topic, whether there now or not, in order of IDs.

        Raises BadName, Overloaded.
        """
        self.count(asker)
        found = self._subscribers(asker, check_topic(ask.topic), ask.after)
        page, left = list[Record](), self._settings.registry_page_bytes
        for record in islice(found, self._settings.registry_page):
            left -= len(_encode(record))
            if page and left < 0:
                return Records(tuple(page), more=True)
            page.append(record)
        return Records(tuple(page), more=next(found, None) is not None)

    def _subscribers(self, asker: Caller, topic: str, after: str) -> Iterator[Record]:
        ask = Find(topics=(topic,), presence=ANY_PRESENCE)
        slots = self._selector.select(compile_query(ask, self._settings)).slots
        for party in sorted(
            party for slot in slots.tolist() if (party := self._catalogue.party(slot)) > after
        ):
            record = self._catalogue.read(party)
            shown = None if record is None else visible(self.policy, asker, record)
            if shown is not None and most_specific(topic, shown.profile.topics):
                yield shown

    def _by_rank(
        self, query: Query, found: Selection, cursor: Cursor | None, page: Page, asker: Caller
    ) -> Matches:
        columns = self._catalogue.columns
        keys = self._selector.keys(query, found)
        ties = mixed(columns.tie[found.slots], tie_of(str(asker.party)))
        last, more = Cursor(question_of(query.key)), False
        for slot, key, tie in in_order(found.slots, keys, ties, cursor):
            if page.full_for(slot):
                if page.hides(slot):
                    continue
                more = True
                break
            if page.take(slot) or page.spent:
                last = Cursor(last.question, key, tie)
        total = len(page.matches)
        if more or cursor is not None:
            total = int(np.count_nonzero(~columns.guarded[found.slots])) + page.guarded
        return Matches(tuple(page.matches), write_cursor(last) if more else "", total)

    def _by_meaning(
        self, query: Query, found: Selection, cursor: Cursor | None, page: Page, vector: Vector | None
    ) -> Matches:
        parts = self._meaning.parts(query.intent, self._among(found), vector)
        shown = list(cursor.shown) if cursor else []
        known, more, total = set(shown), False, 0
        enough = [self._settings.intent_floor] * len(parts)
        for need, hit in _in_turn(parts):
            slot = self._catalogue.slot(hit.key)
            if slot is None or hit.score < enough[need]:
                continue
            total += not self._catalogue.columns.guarded[slot]
            mark = _mark(need, hit.key)
            if mark in known:
                self._raise(enough, need, hit)
            if more or mark in known:
                continue
            if page.full_for(slot):
                more = not page.hides(slot)
                continue
            if page.take(slot, hit.score, need):
                self._raise(enough, need, hit)
            shown.append(mark)
        after = write_cursor(Cursor(question_of(query.key), shown=tuple(shown))) if more else ""
        needs = tuple(part.text for part in parts)
        return Matches(tuple(page.matches), after, total + page.guarded, needs)

    def _raise(self, enough: list[float], need: int, best: Hit) -> None:
        """Of those that the asker may see: how good a hidden one is must not be told."""
        enough[need] = max(enough[need], self._settings.intent_within * best.score)

    def _among(self, found: Selection) -> Among:
        if len(found.slots) == len(self._catalogue):
            return None
        rows = self._catalogue.columns.row[found.slots]
        return rows[rows >= 0]

    def _advice(self, query: Query, sight: Mask | None) -> str:
        columns = self._catalogue.columns
        anyhow = self._selector.select(replace(query, presence=ANY_PRESENCE), sight).slots
        away = int(np.count_nonzero(~columns.guarded[anyhow]))
        quickest = None
        if query.latency_ms is not None and not away:
            slow = self._selector.select(replace(query, latency_ms=NOT_SAID), sight).slots
            said = columns.rank[slow[~columns.guarded[slow]]] & NOT_SAID
            quickest = int(said.min()) if len(said) else None
        return advice(self._catalogue, query, sight, away, quickest)


def _in_turn(parts: Sequence[Part]) -> Iterator[tuple[int, Hit]]:
    """The best of each need, then the second of each, and so on."""
    for row in zip_longest(*(part.hits for part in parts)):
        yield from ((need, hit) for need, hit in enumerate(row) if hit is not None)


def _mark(need: int, party: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{need} {party}".encode(), digest_size=4).digest())
