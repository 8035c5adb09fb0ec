"""From one root to the next, without anybody being cut off: announce, issue under the new one, drop the old.

The CA and the broker prove themselves by the old root to the end, so that who was away meanwhile still finds
in and learns the new one; everybody else renews as soon as the new root issues.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

import msgspec

from overlay.ca.authority import Authority
from overlay.ca.protocol import Op, Reason, Revoke
from overlay.ca.roots.card_desk import CardDesk
from overlay.ca.roots.protocol import Holder, Phase, Rollover, RolloverState, Step
from overlay.clock import DAY_S
from overlay.desk import Desk
from overlay.endpoint.rounds import rounds
from overlay.errors import OverlayError, Refused
from overlay.naming.ids import CA
from overlay.trust.bundle import fingerprint
from overlay.trust.identity import BROKER, Identity, Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.serials import serial_text

ANCHORS = frozenset({BROKER, CA})
"""Their certificates are of the old root to the end. Names of the domain's own, which no agent can have."""
_log = logging.getLogger(__name__)


Tell = Callable[[], Awaitable[None]]
"""Ends the access of what was revoked."""


class RootKeys(Protocol):
    """Where the CA keeps its roots and their keys."""

    def load(self) -> tuple[Issuer, ...]:
        """The first one issues. Raises BadSettings."""

    def save(self, issuers: Sequence[Issuer]) -> None:
        """These and no others, from now on, also after a crash in the middle. Raises BadSettings."""


class Hands(Protocol):
    """What a rollover needs done around the CA."""

    async def try_root(self, issuer: Issuer) -> None:
        """Returns if the broker lets in a certificate of this root. Raises OverlayError."""

    async def renew_anchors(self) -> None:
        """Give CA and broker certificates of the root that issues now, and use them."""


class RootRollover:
    """The operator's steps; `run` takes the one in the middle by itself. `resume` it before it answers."""

    def __init__(
        self, authority: Authority, cards: CardDesk, roots: RootKeys, hands: Hands, tell: Tell
    ) -> None:
        self._authority = authority
        self._table = authority.store.rollover
        self._cards = cards
        self._roots = roots
        self._hands = hands
        self._tell = tell
        self._settings = authority.settings
        self._note = ""
        self._turn = asyncio.Lock()

    def open(self, desk: Desk) -> None:
        """Answer from now on."""
        desk.on(Op.ROLLOVER, (Role.OPERATOR,), Rollover, self._step)

    def resume(self) -> None:
        """After a start: the card, and who issues, are what the files of the roots say."""
        issuers = self._roots.load()
        begun = self._table.begun()
        names = [_name(issuer) for issuer in issuers]
        if len(issuers) == 1 and begun is not None:
            self._table.end()
        elif len(issuers) > 1 and (begun is None or begun[0] not in names):
            self._table.begin(names[-1], self._authority.clock())  # it died while it began
        self._use(issuers)

    async def run(self) -> None:
        """Let the new root issue when its time has come. Until cancelled."""
        every_s = min(self._settings.renew_check_s, self._settings.rollover_lead_s)
        await rounds(self.look, every_s, _log, "the rollover of the root does not go on")

    async def look(self) -> None:
        """Once. What hinders is in the state's note. Raises OverlayError."""
        async with self._turn:
            old, new = self._pair()
            if new is None or self._phase() is not Phase.ANNOUNCED:
                return
            if self._authority.clock() < self._issues_at():
                return
            try:
                await self._hands.try_root(new)
            except OverlayError as error:
                self._note = f"the broker does not take the new root yet: {error}"
                raise
            self._note = ""
            self._change((new, old), "rollover: the new root issues")

    async def _step(self, sender: Identity, ask: Rollover) -> RolloverState:
        who = sender.party
        async with self._turn:
            with self._authority.audited(who, f"rollover {ask.step}", self._authority.domain):
                if ask.step is Step.START:
                    self._start()
                elif ask.step is Step.ABORT:
                    self._abort()
                elif ask.step is Step.FINISH:
                    return await self._finish(sender, force=ask.force)
            if ask.step is not Step.STATUS:
                self._audit(str(who), f"rollover {ask.step}")
            return self.state()

    def state(self) -> RolloverState:
        """As of now."""
        old, new = self._pair()
        phase, now, epoch = self._phase(), self._authority.clock(), self._cards.card.epoch
        issuers = self._roots.load()
        rolling = new is not None
        return RolloverState(
            phase=phase,
            epoch=epoch,
            roots=tuple(_name(issuer) for issuer in issuers),
            root_ends=issuers[0].root.not_valid_after_utc.timestamp(),
            issues_at=self._issues_at() if phase is Phase.ANNOUNCED else 0.0,
            note=self._note,
            holders=tuple(self._left(old)) if phase is Phase.ISSUING else (),
            behind=self._table.behind(epoch, now) if rolling else (),
        )

    def _start(self) -> None:
        old, new = self._pair()
        if new is not None:
            raise Refused("rollover: one is under way: `overlay ca rollover status` says how far it is")
        now = self._authority.clock()
        lifetime_s = self._settings.root_certificate_days * DAY_S
        fresh = Issuer(*new_root(self._authority.domain, lifetime_s, now))
        self._note = ""
        self._change((old, fresh), "rollover: the new root is announced", fresh)

    def _abort(self) -> None:
        old, _ = self._pair()
        if self._phase() is not Phase.ANNOUNCED:
            raise Refused("rollover: nothing to abort: none is under way, or the new root issues already")
        self._change((old,), "rollover: aborted")

    async def _finish(self, sender: Identity, *, force: bool) -> RolloverState:
        old, new = self._pair()
        if new is None:
            raise Refused("rollover: none is under way: `overlay ca rollover start` begins one")
        if self._phase() is not Phase.ISSUING:
            raise Refused("rollover: the new root does not issue yet: `overlay ca rollover status` says why")
        self._check_renewed(sender, old)
        left = self._left(old)
        if left and not force:
            names = ", ".join(f"{holder.name} ({holder.role})" for holder in left[:10])
            raise Refused(
                f"rollover: {len(left)} hold certificates of the old root only: {names}. Wait until they "
                "have renewed, or revoke them with --force"
            )
        for holder in left:
            await self._cut_off(sender, holder)
        self._authority.use_roots(new, new)
        await self._hands.renew_anchors()  # while both roots are trusted: a crash after this does no harm
        self._supersede(old)
        self._change((new,), f"rollover: the old root is gone, {len(left)} revoked")
        return _with(self.state(), left)

    def _check_renewed(self, sender: Identity, old: Issuer) -> None:
        held = self._authority.store.by_serial(serial_text(sender.serial))
        if held is None or held.parsed.issuer == old.root.subject:
            raise Refused(
                f"rollover: {sender.party} itself asks with a certificate of the old root, worth "
                "nothing afterwards: any `overlay` command renews it, then finish again"
            )

    async def _cut_off(self, sender: Identity, holder: Holder) -> None:
        if holder.role in (Role.AGENT, Role.LINK, Role.JOIN):
            self._authority.revoke(sender, Revoke(Reason.SUPERSEDED, serial=holder.serial))
            await self._tell()

    def _supersede(self, old: Issuer) -> None:
        """Their holders have newer ones, and use them."""
        now = self._authority.clock()
        serials = [holder.serial for holder in self._table.valid_under(old.root, now)]
        with self._authority.store.change():
            self._table.supersede(serials, now)

    def _left(self, old: Issuer) -> list[Holder]:
        """Whose newest certificate is one of the old root; CA and broker change last of all."""
        store, now = self._authority.store, self._authority.clock()
        newest = {}
        for holder in self._table.valid_under(old.root, now):
            if holder.name not in ANCHORS:
                newest[holder.name] = holder
        return [
            holder
            for holder in newest.values()
            if (last := store.newest_of(holder.name)) is None or last.serial == holder.serial
        ]

    def _change(self, issuers: Sequence[Issuer], what: str, fresh: Issuer | None = None) -> None:
        """Files first, and what is remembered by them; then who issues; then the word of it."""
        self._roots.save(issuers)
        if fresh is not None:
            self._table.begin(_name(fresh), self._authority.clock())
        elif len(issuers) == 1:
            self._table.end()
        self._use(issuers)
        self._audit("ca", what)

    def _use(self, issuers: Sequence[Issuer]) -> None:
        begun = self._table.begun()
        anchor = next((one for one in issuers if begun is None or _name(one) != begun[0]), issuers[0])
        self._authority.use_roots(issuers[0], anchor)
        roots = [issuer.root for issuer in issuers]
        if self._cards.card.bundle.roots != tuple(roots):
            self._cards.change(roots=roots)

    def _pair(self) -> tuple[Issuer, Issuer | None]:
        """The old root, or the only one, and the new one."""
        issuers = self._roots.load()
        begun = self._table.begun()
        if begun is None or len(issuers) == 1:
            return issuers[0], None
        old = next(one for one in issuers if _name(one) != begun[0])
        return old, next(one for one in issuers if _name(one) == begun[0])

    def _phase(self) -> Phase:
        _, new = self._pair()
        if new is None:
            return Phase.NONE
        first = self._roots.load()[0]
        return Phase.ISSUING if _name(first) == _name(new) else Phase.ANNOUNCED

    def _issues_at(self) -> float:
        begun = self._table.begun()
        return begun[1] + self._settings.rollover_lead_s if begun else 0.0

    def _audit(self, who: str, what: str) -> None:
        with self._authority.store.change():
            self._authority.store.audit.record(who, what, self._authority.domain)


def _name(issuer: Issuer) -> str:
    """The fingerprint that people compare."""
    return fingerprint(issuer.root)


def _with(state: RolloverState, revoked: Sequence[Holder]) -> RolloverState:
    return msgspec.structs.replace(state, holders=tuple(revoked))
