"""What a peer's registry says, proved record by record and taken over (REG-7, REG-8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial

import msgspec

from overlay.audit import DONE
from overlay.clock import Clock
from overlay.errors import BadInput, OverlayError, Overloaded, Refused
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts, Decision
from overlay.registry.denials import denied_key
from overlay.registry.pause import Pause
from overlay.registry.peers.foreign import check_home, proved
from overlay.registry.peers.neighbour import Neighbour, Pinned, heard_key
from overlay.registry.peers.neighbours import Neighbours
from overlay.registry.peers.protocol import Changes, Learn, Learned, Peer
from overlay.registry.record import Record, without_access
from overlay.registry.registration.claims import UNVETTED, Vetted
from overlay.registry.registration.vetting import Vetting
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Note, Write
from overlay.settings import Settings
from overlay.trust.bundle_news import open_bundle_news
from overlay.trust.serials import parse_serial, serial_text
from overlay.wire.request import encode_struct

_SLICE_S = 0.005
"""After which others have their turn: a proof takes most of a millisecond, and a page has a hundred."""
_AT_ONCE = WRITES_AT_ONCE - 1
"""Beside the peer itself, which every act writes: so none goes through for a peer that was pinned anew."""


class Learner:
    """A peer's word counts for its own domain only. A page becomes several acts when it is long, and counts
    as known with the last.
    """

    def __init__(
        self,
        acts: Acts,
        state: State,
        neighbours: Neighbours,
        vetting: Vetting,
        settings: Settings,
        clock: Clock,
        is_ours: Callable[[str], bool],
    ) -> None:
        """`is_ours`: whether an entry of our own domain has this resource ID."""
        self._vetting = vetting
        self._is_ours = is_ours
        self._acts = acts
        self._state = state
        self._neighbours = neighbours
        self._settings = settings
        self._clock = clock

    async def learn(self, by: PartyId, ask: Learn) -> Learned:
        """Take over what a peer's registry answered to `changes`. A full answer replaces, once its last page
        is here, all that was known before.

        Raises NotFound; BadInput when a page is missing between; Overloaded, Conflict, Unavailable.
        """
        changes = ask.changes
        neighbour, pinned = self._neighbours.neighbour(ask.domain)
        _check_follows(pinned, changes)
        filling = self._state.revision if changes.full else pinned.filling
        start = msgspec.structs.replace(pinned, filling=filling)
        refused = await self._take_roots(neighbour, start, changes)
        await self._take_denied(neighbour, start, changes)
        self._neighbours.heard(ask.domain, self._clock())
        vetted = await self._vet(changes.records)
        good, doubts = await self._sort(neighbour, pinned.peer, changes, vetted)
        refused |= doubts
        writes = [Write(heard_key(record.party), encode_struct(record)) for record in good]
        gone = {*changes.gone, *refused} - {record.party for record in good}
        writes += [write for party in gone if (write := neighbour.forgetting(party)) is not None]
        while len(writes) > _AT_ONCE:
            await self._acts.do(partial(self._step, neighbour, start, changes, writes[:_AT_ONCE]))
            del writes[:_AT_ONCE]
        note = Note(str(by), "learn", f"{ask.domain} {changes.version}", _outcome(refused))
        await self._acts.do(partial(self._end, neighbour, start, changes, writes, note))
        return Learned(changes.log, changes.version, refused)

    def _step(
        self, neighbour: Neighbour, start: Pinned, changes: Changes, writes: Sequence[Write]
    ) -> Decision[None]:
        """Some writes, of a page that is not known yet."""
        now = self._still(neighbour, start, changes)
        return Decision(None, (*writes, self._neighbours.write(now)))

    def _end(
        self, neighbour: Neighbour, start: Pinned, changes: Changes, writes: Sequence[Write], note: Note
    ) -> Decision[None]:
        now = self._still(neighbour, start, changes)
        peer = msgspec.structs.replace(
            now.peer, log=changes.log, version=changes.version, heard_at=neighbour.heard_at
        )
        now = msgspec.structs.replace(now, peer=peer)
        if now.filling and not changes.more:
            now = msgspec.structs.replace(now, settled=now.filling, filling=0)
        return Decision(None, (*writes, self._neighbours.write(now)), (note,))

    def _still(self, neighbour: Neighbour, start: Pinned, changes: Changes) -> Pinned:
        """As it is pinned now. Raises BadInput if somebody else pinned it anew, or learned meanwhile."""
        _, now = self._neighbours.neighbour(neighbour.domain)
        if (now.since, now.our_log) != (start.since, start.our_log):
            raise BadInput(f"{neighbour.domain} was pinned anew meanwhile: ask it for everything")
        if (now.peer.log, now.peer.version) != (start.peer.log, start.peer.version):
            _check_follows(now, changes)
        return msgspec.structs.replace(now, filling=start.filling)

    async def _take_roots(self, neighbour: Neighbour, start: Pinned, changes: Changes) -> dict[str, str]:
        """The roots that the peer's own CA tells of, if it does; or why they are refused."""
        if not changes.bundle:
            return {}
        try:
            bundle, epoch = open_bundle_news(changes.bundle, neighbour.trust, self._clock())
        except OverlayError as error:
            return {f"the roots of {neighbour.domain}": f"{error.reason}: {error}"}

        def decide() -> Decision[None]:
            now = self._still(neighbour, start, changes)
            if epoch <= now.peer.epoch:
                return Decision(None)
            peer = msgspec.structs.replace(now.peer, bundle=bundle.to_bytes(), epoch=epoch)
            return Decision(None, (self._neighbours.write(msgspec.structs.replace(now, peer=peer)),))

        await self._acts.do(decide)
        return {}

    async def _take_denied(self, neighbour: Neighbour, start: Pinned, changes: Changes) -> None:
        """Before the records, for those may stand on what was revoked."""
        limit = self._settings.registry_foreign_denied
        serials = {serial_text(parse_serial(serial)): None for serial in changes.denied}
        fresh = [serial for serial in serials if not neighbour.denies(serial)]
        if fresh and neighbour.denied_count() + len(fresh) > limit:
            raise Overloaded(
                f"{neighbour.domain} revoked more than {limit} certificates (registry_foreign_denied)"
            )
        for at in range(0, len(fresh), _AT_ONCE):
            part = [Write(denied_key(neighbour.domain, serial), b"") for serial in fresh[at : at + _AT_ONCE]]
            await self._acts.do(partial(self._step, neighbour, start, changes, part))

    async def _vet(self, records: Sequence[Record]) -> dict[str, Vetted]:
        """Verify their credentials, as far as that is done within `registry_vetting_s`."""
        found: dict[str, Vetted] = {}
        shown = [record for record in records if record.profile.credentials]
        with suppress(TimeoutError):  # those that are left count for nothing
            async with asyncio.timeout(self._settings.registry_vetting_s if shown else None):
                for record in shown:
                    party = PartyId.parse(record.party)
                    found[record.party] = await self._vetting.of(record.profile, party)
        return found

    async def _sort(
        self, neighbour: Neighbour, peer: Peer, changes: Changes, vetted: Mapping[str, Vetted]
    ) -> tuple[list[Record], dict[str, str]]:
        good: list[Record] = []
        refused: dict[str, str] = {}
        pause = Pause(_SLICE_S)
        room = self._settings.registry_foreign_records - len(neighbour)
        for record in {record.party: record for record in changes.records}.values():
            try:
                await pause.now_and_then()
                check_home(record, peer.domain)
                identity = neighbour.proofs.identity(record.card, neighbour.trust, self._clock())
                counts = vetted.get(record.party, UNVETTED)
                one = proved(record, identity, counts, self._settings)
                if self._is_ours(record.resource_id):
                    raise Refused(f"the resource ID {record.resource_id} is of an agent of ours")
                room -= record.party not in neighbour
                if room < 0:
                    raise Overloaded(f"{peer.domain} has too many agents (registry_foreign_records)")
            except OverlayError as error:
                refused[record.party] = f"{error.reason}: {error}"
            else:
                gateway = f"{peer.gateway}@{peer.domain}"
                good.append(msgspec.structs.replace(without_access(one), gateway=gateway))
        return good, refused


def _check_follows(pinned: Pinned, changes: Changes) -> None:
    peer = pinned.peer
    if changes.full:
        if changes.since:
            raise BadInput("a full answer begins at 0")
    elif (changes.log, changes.since) != (peer.log, peer.version):
        raise BadInput(f"{peer.domain} is known up to change {peer.version}: continue there, or in full")


def _outcome(refused: dict[str, str]) -> str:
    return f"{len(refused)} refused: {sorted(refused.items())}" if refused else DONE
