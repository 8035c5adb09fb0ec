"""The registry's desk for those who look for somebody."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec

from overlay.desk import EVERYBODY, Desk
from overlay.naming.ids import PartyId
from overlay.policy.caller import Caller, caller_of
from overlay.registry.acts import Acts, Decision
from overlay.registry.protocol import Op, Records, Resolve, Subscribers
from overlay.registry.record import Record
from overlay.registry.search.discovery_policy import decode_policy, encode_policy
from overlay.registry.search.library import Library
from overlay.registry.search.protocol import Find, Matches, Report, SightPolicy
from overlay.registry.storage.contract import Note, Write
from overlay.registry.storage.keys import SIGHT, key
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing

_in_words = msgspec.json.Encoder().encode
_AUDITED = 300
"""Characters of a question in the audit log."""


class SearchDesk:
    """Answers by a library."""

    def __init__(
        self,
        desk: Desk,
        library: Library,
        acts: Acts,
        resolve: Callable[[PartyId], Awaitable[Record]],
        domain: str,
    ) -> None:
        """Answers at `desk` from `open` on. `resolve`: the record of whoever is named. It raises NotFound,
        Unavailable.
        """
        self._desk = desk
        self._library = library
        self._acts = acts
        self._resolve_ = resolve
        self._domain = domain

    def open(self) -> None:
        """Answer from now on."""
        desk, operator = self._desk, (Role.OPERATOR,)
        desk.on(Op.FIND, EVERYBODY, Find, self._find)
        desk.on(Op.SUBSCRIBERS, EVERYBODY, Subscribers, self._subscribers)
        desk.on(Op.RESOLVE, EVERYBODY, Resolve, self._resolve)
        desk.on(Op.REPORT, (Role.AGENT,), Report, self._report)
        desk.on(Op.SIGHT, operator, Nothing, self._sight)
        desk.on(Op.SIGHT_SET, operator, SightPolicy, self._sight_set)

    async def _find(self, sender: Identity, ask: Find) -> Matches:
        self._desk.asked(sender, Op.FIND, _in_words(ask).decode()[:_AUDITED])
        finder, asker = self._library.finder, self._asker(sender)
        query = finder.admit(asker, ask)
        return finder.answer(asker, query, ask, await self._library.meaning.vector(query.intent))

    async def _report(self, sender: Identity, ask: Report) -> Nothing:
        self._desk.asked(sender, Op.REPORT, ask.party[:_AUDITED])
        await self._library.experiences.report(self._asker(sender), ask)
        return Nothing()

    async def _subscribers(self, sender: Identity, ask: Subscribers) -> Records:
        self._desk.asked(sender, Op.SUBSCRIBERS, ask.topic[:_AUDITED])
        return self._library.finder.subscribers(self._asker(sender), ask)

    async def _resolve(self, sender: Identity, ask: Resolve) -> Record:
        self._desk.asked(sender, Op.RESOLVE, ask.party[:_AUDITED])
        asker = self._asker(sender)
        self._library.finder.count_resolve(asker)
        return self._library.finder.shown(asker, await self._resolve_(PartyId.parse(ask.party)))

    async def _sight(self, _: Identity, __: Nothing) -> SightPolicy:
        return SightPolicy(encode_policy(self._library.finder.policy))

    async def _sight_set(self, sender: Identity, ask: SightPolicy) -> SightPolicy:
        policy = encode_policy(decode_policy(ask.policy))
        note = Note(str(sender.party), "discovery policy", self._domain)
        await self._acts.do(lambda: Decision(None, (Write(key(SIGHT), policy),), (note,)))
        return ask

    def _asker(self, sender: Identity) -> Caller:
        return caller_of(sender, self._domain)
