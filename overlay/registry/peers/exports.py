"""Export policies: what of our agents the registries of peers hear (REG-8, REG-11)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import suppress

from overlay.desk import Desk
from overlay.errors import Refused, Unavailable
from overlay.naming.ids import check_domain
from overlay.policy.export import ExportPolicy, decode_export, encode_export
from overlay.registry.acts import Acts, Decision
from overlay.registry.peers.changelog import Changelog, Doubtful, Told
from overlay.registry.peers.export_protocol import AskExports, Exports, SetExport
from overlay.registry.peers.protocol import AskChanges, Changes
from overlay.registry.peers.view import Cursor, View
from overlay.registry.protocol import Op
from overlay.registry.record import Record
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry, Note, Write
from overlay.registry.storage.keys import AGENT, EXPORT, PEER, key, rest_of
from overlay.settings import Settings
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing, decode_struct


class PeerViews:
    """Put together before the members are: it has to see what a change replaces."""

    def __init__(self, domain: str, acts: Acts, state: State, settings: Settings) -> None:
        self._domain = domain
        self._acts = acts
        self._state = state
        self._settings = settings
        self._usual = ExportPolicy(others=settings.registry_export)
        self._policies: dict[str, tuple[ExportPolicy, int]] = {}
        self._views: dict[str, View] = {}
        self.before: Callable[[str], tuple[Record | None, int]] = lambda _: (None, 0)
        """The record of an agent of ours, and the revision of its newest change, as they are."""
        state.on(AGENT, self._take_agent)
        state.on(EXPORT, self._take_policy)
        state.on(PEER, self._take_peer)

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        gateway, operator = (Role.GATEWAY,), (Role.OPERATOR,)
        desk.on(Op.EXPORTS, gateway + operator, AskExports, self._exports)
        desk.on(Op.EXPORT_SET, operator, SetExport, self._set)

    def changes(self, log: Changelog, ask: AskChanges) -> Changes:
        """What the peer `ask.peer` hears of what changed, one page of it. Raises Unavailable when this
        process has not heard yet of what another one told that peer.
        """
        view = self._view(ask.peer)
        ours, now = self._state.log, self._state.revision
        place = view.place(ours, ask.log, ask.since)
        if place is not None and max(place.base, ask.since) >= self._state.floor:
            if place.base > now:
                raise Unavailable("this process of the registry is behind: ask again")
            with suppress(Doubtful):
                return self._page(log, view, place, ask.since)
        return self._page(log, view, view.begin(ours, now), 0, full=True)

    def policy_of(self, domain: str) -> ExportPolicy:
        """Of a peer."""
        return self._policies.get(domain, (self._usual, 0))[0]

    def _page(self, log: Changelog, view: View, place: Cursor, since: int, *, full: bool = False) -> Changes:
        def tell(party: str, record: Record | None, revision: int) -> Told:
            return view.tell(party, record, revision, place.base)

        return log.page(self._settings, str(place), since, tell, full=full)

    def _view(self, domain: str) -> View:
        view = self._views.get(domain)
        if view is None:
            view = self._views[domain] = View(domain, self._state.revision)
            view.use(*self._policies.get(domain, (self._usual, 0)))
        return view

    async def _exports(self, _: Identity, ask: AskExports) -> Exports:
        usual = encode_export(self._usual)
        policies = {domain: encode_export(policy) for domain, (policy, _) in self._policies.items()}
        parts = (
            usual,
            *(part for domain in sorted(policies) for part in (domain.encode(), policies[domain])),
        )
        mark = hashlib.sha256(b"\0".join(parts)).hexdigest()
        return Exports(mark, usual, policies) if mark != ask.known else Exports(mark, b"", {})

    async def _set(self, sender: Identity, ask: SetExport) -> Nothing:
        if check_domain(ask.domain) == self._domain:
            raise Refused(f"{ask.domain} is this domain itself: who finds whom here is no export")
        policy = encode_export(decode_export(ask.policy)) if ask.policy else None
        stored = key(EXPORT, ask.domain)

        def decide() -> Decision[None]:
            note = Note(
                str(sender.party), "export policy", ask.domain, "set" if policy else "back to the usual"
            )
            held = ask.domain in self._policies
            writes = (Write(stored, policy, self._state.revision_of(stored)),) if policy or held else ()
            return Decision(None, writes, (note,))

        await self._acts.do(decide)
        return Nothing()

    def _take_agent(self, entry: Entry) -> None:
        if not self._views:
            return
        party = f"{rest_of(entry.key)}@{self._domain}"
        old, before = self.before(party)
        new = None if entry.value is None else decode_struct(entry.value, Record)
        for view in self._views.values():
            view.changed(party, old, new, before, entry.revision)

    def _take_policy(self, entry: Entry) -> None:
        domain = rest_of(entry.key)
        if entry.value is None:
            self._policies.pop(domain, None)
        else:
            self._policies[domain] = decode_export(entry.value), entry.revision
        if domain in self._views:
            self._views[domain].use(self.policy_of(domain), entry.revision)

    def _take_peer(self, entry: Entry) -> None:
        if entry.value is None:
            self._views.pop(rest_of(entry.key), None)
