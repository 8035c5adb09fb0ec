"""What peers are told, through our gateway, of domains that they do not know: ours, and others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from overlay.errors import NotFound, OverlayError
from overlay.naming.ids import GATEWAY, PartyId
from overlay.policy.export import ExportPolicy
from overlay.registry.denials import SERIALS_AT_ONCE, Denials
from overlay.registry.far.believed import FarBelieved
from overlay.registry.far.introducer import may_introduce
from overlay.registry.far.protocol import AskFar, FarTold, Vouch
from overlay.registry.peers.changelog import Roots
from overlay.registry.peers.showing import shown_to
from overlay.registry.record import Record, without_access
from overlay.trust.bundle import TrustBundle, TrustStore


@dataclass(frozen=True, slots=True)
class Home:
    """Our own domain, as the registry knows it."""

    domain: str
    trust: TrustStore
    record: Callable[[str], Record | None]
    """Of an agent of ours, `name@domain`."""
    policy: Callable[[str], ExportPolicy]
    """What a domain may hear of our agents."""
    roots: Callable[[], Roots]
    """Our CA's newest word on our roots."""


class FarTelling:
    """Tells as our own what is pinned here, and hands on what an introducer of ours said."""

    def __init__(self, home: Home, believed: FarBelieved, denials: Denials) -> None:
        self._home = home
        self._believed = believed
        self._denials = denials

    def tell(self, ask: AskFar) -> FarTold:
        """What we know by ourselves; without roots where we have none pinned. Raises BadName; NotFound: there
        is no such agent, or none for their ears.
        """
        if ask.domain != self._home.domain:
            return self._pinned(ask.domain) or FarTold(ask.domain)
        roots = self._home.roots()
        told = FarTold(
            ask.domain,
            gateway=GATEWAY,
            bundle=self._home.trust.bundle(ask.domain).to_bytes(),
            epoch=roots.epoch,
            news=roots.statement,
            denied=self._denials.latest_of(ask.domain, SERIALS_AT_ONCE),
            chain=(self._home.domain,),
        )
        return msgspec.structs.replace(told, record=self._shown(ask)) if ask.name else told

    def vouch(self, ask: Vouch) -> FarTold:
        """What peer `by` told us, as we hand it on: roots that we have pinned are ours, and those that it may
        not introduce are left out.
        """
        told = ask.told
        pinned = self._pinned(told.domain)
        if pinned is not None:
            return msgspec.structs.replace(
                told, bundle=pinned.bundle, epoch=pinned.epoch, denied=pinned.denied, chain=pinned.chain
            )
        if not self._counts(ask):
            return msgspec.structs.replace(told, bundle=b"", epoch=0, chain=())
        return msgspec.structs.replace(told, chain=(*told.chain, self._home.domain))

    def _counts(self, ask: Vouch) -> bool:
        told = ask.told
        if told.domain == self._home.domain or told.chain[-1:] != (ask.by,):
            return False
        try:
            bundle = TrustBundle.from_bytes(told.bundle)
            _, pinned = self._believed.neighbour(ask.by)
        except OverlayError:
            return False
        return bundle.domain == told.domain and may_introduce(pinned.peer, told.domain)

    def _pinned(self, domain: str) -> FarTold | None:
        """As our operator has it pinned, peer or not."""
        ours = (self._home.domain,)
        try:
            neighbour, pinned = self._believed.neighbour(domain)
        except NotFound:
            far = self._believed.get(domain)
            if far is None or far.by:
                return None
            denied = self._denials.latest_of(domain, SERIALS_AT_ONCE)
            return FarTold(domain, bundle=far.bundle, epoch=far.epoch, denied=denied, chain=ours)
        peer = pinned.peer
        denied = neighbour.denied(SERIALS_AT_ONCE)
        return FarTold(
            domain, gateway=peer.gateway, bundle=peer.bundle, epoch=peer.epoch, denied=denied, chain=ours
        )

    def _shown(self, ask: AskFar) -> Record:
        """As far as both may have it: the peer that brings the question, whom we know, and whoever asks it
        first, which is that peer's word.
        """
        party = PartyId.of(ask.name, ask.domain)
        record = self._home.record(str(party))
        for domain in dict.fromkeys((ask.peer, *ask.path[:1])):
            if record is not None:
                record = shown_to(record, domain, self._home.policy(domain))
        if record is None:
            raise NotFound(f"{ask.domain} has no agent {ask.name}, or does not tell of it")
        return without_access(record)
