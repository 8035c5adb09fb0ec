"""How far domains come to be believed: our operator pins them, peers introduce them (GW-12)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import msgspec

from overlay.clock import Clock
from overlay.errors import NotFound, Overloaded, Refused, TooLarge
from overlay.naming.ids import PartyId, check_domain
from overlay.registry.acts import Acts, Decision
from overlay.registry.denials import SERIALS_AT_ONCE, Denials, denied_key
from overlay.registry.far.believed import FarBelieved
from overlay.registry.far.introducer import may_introduce
from overlay.registry.far.protocol import FarDomain, FarPin, FarTold
from overlay.registry.peers.foreign import MAX_BUNDLE_BYTES
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Note, Write
from overlay.registry.storage.keys import FAR, key
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.bundle_news import check_epoch, open_bundle_news
from overlay.trust.serials import parse_serial, serial_text
from overlay.wire.request import encode_struct

MAX_CHAIN = 64


class FarHearing:
    """Every change of what is believed goes through here."""

    def __init__(
        self,
        domain: str,
        believed: FarBelieved,
        acts: Acts,
        state: State,
        denials: Denials,
        settings: Settings,
        clock: Clock,
    ) -> None:
        self._domain = domain
        self._believed = believed
        self._acts = acts
        self._state = state
        self._denials = denials
        self._settings = settings
        self._clock = clock

    # -- the operator -------------------------------------------------------------------------------------
    async def pin(self, by: PartyId, ask: FarPin) -> FarDomain:
        """Raises Refused, BadName, BadCertificate, TooLarge, Overloaded, Conflict, Unavailable."""
        self._check_far(ask.domain)
        bundle = _bundle_of(ask.domain, ask.bundle)

        def decide() -> Decision[FarDomain]:
            self._check_far(ask.domain)
            self._check_room(ask.domain)
            now = self._clock()
            pinned = FarDomain(ask.domain, bundle.to_bytes(), since=now, told_at=now)
            return Decision(pinned, (self._write(pinned),), (Note(str(by), "far-pin", ask.domain),))

        return (await self._acts.do(decide))[0]

    async def forget(self, by: PartyId, domain: str) -> None:
        """Raises NotFound, Conflict, Unavailable."""

        def decide() -> Decision[None]:
            if domain not in self._believed:
                raise NotFound(f"{domain} is no far domain that is believed here")
            stored = key(FAR, domain)
            write = Write(stored, None, self._state.revision_of(stored))
            return Decision(None, (write,), (Note(str(by), "far-forget", domain),))

        await self._acts.do(decide)
        while not self._believed.is_peer(domain) and (denied := list(self._denials.of(domain))):
            gone = [Write(denied_key(domain, one), None) for one in denied[:WRITES_AT_ONCE]]
            await self._acts.do(partial(_writing, gone))

    # -- introductions ------------------------------------------------------------------------------------
    async def hear(self, by: str, told: FarTold) -> FarDomain:
        """Peer `by` told of a far domain, as our gateway asked it to. What is believed of that domain now.

        Raises Refused: its word does not count, or does not for this; BadCertificate, BadSignature: other
        roots than they may be; NotFound, Overloaded, Conflict, Unavailable.
        """
        self._check_far(told.domain)
        pinned = self._believed.get(told.domain)
        if pinned is not None and not pinned.by:
            return await self._follow(pinned, told)
        return await self._introduce(by, told)

    async def hear_denied(self, domain: str, serials: tuple[str, ...]) -> bool:
        """What a far domain revoked, by the word of who leads to it: a lie cuts us off from that domain,
        which who is on the way can do anyway. The oldest make room: a lie does not keep out for ever what is
        true. Whether something was new.

        Raises Conflict, Unavailable, BadInput.
        """
        told = dict.fromkeys(serial_text(parse_serial(serial)) for serial in serials[:SERIALS_AT_ONCE])
        fresh = [serial for serial in told if not self._denials.knows(domain, serial)]
        fresh = fresh[: self._settings.far_denied]
        at_once = max(1, WRITES_AT_ONCE // 2)
        for at in range(0, len(fresh), at_once):
            part = fresh[at : at + at_once]
            known = list(self._denials.of(domain))
            oldest = known[: max(0, len(known) + len(part) - self._settings.far_denied)]
            writes = [Write(denied_key(domain, one), None) for one in oldest[:at_once]]
            writes += [Write(denied_key(domain, one), b"") for one in part]
            await self._acts.do(partial(_writing, writes))
        return bool(fresh)

    async def _follow(self, pinned: FarDomain, told: FarTold) -> FarDomain:
        """A pin follows the word of the domain's own CA, and nobody else's."""
        if not told.news or told.epoch <= pinned.epoch:
            return pinned
        own = TrustStore(TrustBundle.from_bytes(pinned.bundle), self._settings.clock_skew_s)
        bundle, epoch = open_bundle_news(told.news, own, self._clock())

        def decide() -> Decision[FarDomain]:
            now = self._believed.get(told.domain)
            if now is None or now.by or now.bundle != pinned.bundle or epoch <= now.epoch:
                return Decision(pinned)
            fresh = msgspec.structs.replace(now, bundle=bundle.to_bytes(), epoch=epoch, told_at=self._clock())
            note = Note(told.domain, f"roots of epoch {epoch}", told.domain)
            return Decision(fresh, (self._write(fresh),), (note,))

        return (await self._acts.do(decide))[0]

    async def _introduce(self, by: str, told: FarTold) -> FarDomain:
        bundle = _bundle_of(told.domain, told.bundle)
        check_epoch(told.epoch, self._clock() + self._settings.clock_skew_s)
        if not 1 <= len(told.chain) <= MAX_CHAIN or told.chain[-1] != by:
            raise Refused(f"{by} does not say over whom it knows the roots of {told.domain}")
        chain = tuple(check_domain(one) for one in told.chain)

        def decide() -> Decision[FarDomain]:
            self._check_far(told.domain)
            self._check_introducer(by, told.domain)
            known, now = self._believed.get(told.domain), self._clock()
            if known is not None and not known.by:
                return Decision(known)  # pinned meanwhile
            fresh = FarDomain(told.domain, bundle.to_bytes(), told.epoch, by, chain, now, now)
            if known is None:
                self._check_room(told.domain)
                note = Note(by, "introduced", f"{told.domain} over {' '.join(chain)}"[:2000])
                return Decision(fresh, (self._write(fresh),), (note,))
            return self._repeated(known, fresh)

        return (await self._acts.do(decide))[0]

    def _repeated(self, known: FarDomain, fresh: FarDomain) -> Decision[FarDomain]:
        same = known.bundle == fresh.bundle
        if known.by != fresh.by and not same:
            raise Refused(
                f"{fresh.by} tells other roots of {known.domain} than {known.by}, which introduced it: "
                "the first word counts until it lapses"
            )
        if fresh.epoch < known.epoch:
            if same:
                fresh = msgspec.structs.replace(fresh, epoch=known.epoch)
            else:
                raise Refused(f"{fresh.by} tells older roots of {known.domain} than are known here")
        due = fresh.told_at - known.told_at > self._settings.far_roots_s / 4
        if same and known.by != fresh.by and not due:
            return Decision(known)
        if same and (known.by, known.epoch) == (fresh.by, fresh.epoch) and not due:
            return Decision(known)
        since = known.since if same else fresh.since
        fresh = msgspec.structs.replace(fresh, since=since)
        note = Note(fresh.by, "introduced again" if same else "introduced other roots", fresh.domain)
        return Decision(fresh, (self._write(fresh),), () if same else (note,))

    def _check_far(self, domain: str) -> None:
        if check_domain(domain) == self._domain:
            raise Refused(f"{domain} is this domain itself: nobody introduces it here")
        if self._believed.is_peer(domain):
            raise Refused(f"{domain} is a peer: its roots are pinned, and its own word counts")

    def _check_introducer(self, by: str, domain: str) -> None:
        _, pinned = self._believed.neighbour(by)
        if not may_introduce(pinned.peer, domain):
            raise Refused(
                f"the word of {by} does not count for {domain}: `overlay peer introduces {by} {domain}` "
                "lets it count"
            )

    def _check_room(self, domain: str) -> None:
        if domain not in self._believed and len(self._believed) >= self._settings.far_domains:
            raise Overloaded(
                f"there are {len(self._believed)} far domains (far_domains): `overlay peer far list` names "
                "them"
            )

    def _write(self, far: FarDomain) -> Write:
        stored = key(FAR, far.domain)
        return Write(stored, encode_struct(far), self._state.revision_of(stored))


def _bundle_of(domain: str, data: bytes) -> TrustBundle:
    if len(data) > MAX_BUNDLE_BYTES:
        raise TooLarge(f"roots of {len(data)} bytes are over the limit of {MAX_BUNDLE_BYTES}")
    bundle = TrustBundle.from_bytes(data)
    if bundle.domain != domain:
        raise Refused(f"the roots that were told for {domain} are those of {bundle.domain}")
    return bundle


def _writing(writes: Sequence[Write]) -> Decision[None]:
    return Decision(None, writes)
