"""What our peers' registries, and our own gateways, follow of ours."""

from __future__ import annotations

from overlay.registry.acts import Acts, Decision
from overlay.registry.peers.changelog import Changelog, Roots, Told, Verdict
from overlay.registry.peers.exports import PeerViews
from overlay.registry.peers.protocol import AskChanges, Changes
from overlay.registry.record import Record, without_access
from overlay.registry.registration.book import Book
from overlay.registry.state import State
from overlay.registry.storage.contract import Note, Write
from overlay.registry.storage.keys import AGENT, DENIED, EXPORT, ROOTS, key
from overlay.settings import Settings
from overlay.wire.request import encode_struct

_DIGITS = 20


class Following:
    """The log of our changes, and our CA's word on our roots in it."""

    def __init__(
        self, domain: str, acts: Acts, state: State, book: Book, views: PeerViews, settings: Settings
    ) -> None:
        self._domain = domain
        self._acts = acts
        self._state = state
        self._settings = settings
        self._views = views
        self._log = log = Changelog(domain, book)
        views.before = lambda party: (book.get(party), log.revision_of(party))
        for kind in (AGENT, DENIED, ROOTS, EXPORT):
            state.on(kind, self._log.take)
        state.on_forgotten.append(self._log.forget)

    @property
    def version(self) -> int:
        """The number of the newest change that peers should hear of."""
        return self._log.version

    @property
    def roots(self) -> Roots:
        """Our CA's newest word on our roots."""
        return self._log.roots

    def changes(self, ask: AskChanges) -> Changes:
        """What changed, one page of it, oldest first (REG-8). Of a process that has not heard yet of all that
        the asker knows: nothing. A peer hears what is exported to it. Raises Unavailable.
        """
        if ask.peer:
            return self._views.changes(self._log, ask)
        full = not self._continues(ask)
        name = ask.log
        if full:
            name = f"{self._state.log}~{self._state.revision}" if self._state.floor else self._state.log

        def tell(_: str, record: Record | None, __: int) -> Told:
            if record is None:
                return Verdict.NOTHING if full else Verdict.GONE
            return record if ask.access else without_access(record)

        since = 0 if full else ask.since
        return self._log.page(self._settings, name, since, tell, full=full)

    def _continues(self, ask: AskChanges) -> bool:
        """Whether the asker misses no deletion that is forgotten: it knows, or began after it."""
        log, _, begun = ask.log.partition("~")
        base = int(begun) if begun.isdecimal() and len(begun) < _DIGITS else 0
        return log == self._state.log and max(base, ask.since) >= self._state.floor

    async def use_bundle_news(self, epoch: int, statement: bytes) -> None:
        """Tell our peers of other roots of our domain, by this statement of our CA. Idempotent.

        Raises Conflict, Unavailable.
        """

        def decide() -> Decision[None]:
            if epoch <= self._log.roots.epoch:
                return Decision(None)
            stored = key(ROOTS)
            data = encode_struct(Roots(epoch, statement))
            write = Write(stored, data, self._state.revision_of(stored))
            return Decision(None, (write,), (Note(self._domain, f"roots of epoch {epoch}", self._domain),))

        await self._acts.do(decide)
