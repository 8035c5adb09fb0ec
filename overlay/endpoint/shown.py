"""Credentials that callers showed: verified, and remembered a while for the certificate that showed them."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import Protocol

from overlay.clock import Clock
from overlay.credentials.credential import Credential
from overlay.errors import BadCredential
from overlay.naming.ids import PartyId
from overlay.policy.caller import Shown
from overlay.settings import Settings
from overlay.trust.identity import Identity

_Key = tuple[PartyId, int]


class Proofs(Protocol):
    """Says whether a credential counts: `overlay.credentials.verifier.CredentialVerifier`."""

    @property
    def version(self) -> int:
        """Rises whenever an answer may have changed: something was revoked."""

    async def verify(self, jwt: str, subject: PartyId) -> Credential:
        """Raises BadCredential, Unavailable."""


@dataclass(slots=True)
class _Known:
    jwts: tuple[str, ...]
    shown: tuple[Shown, ...]
    fresh_until: float
    version: int


class ShownCredentials:
    """By party and serial of its certificate; bounded. What was verified a while ago is verified again."""

    def __init__(self, settings: Settings, clock: Clock, counters: Counter[str]) -> None:
        self.proofs: Proofs | None = None
        """None: credentials count for nothing here."""
        self._settings = settings
        self._clock = clock
        self._counters = counters
        self._known: OrderedDict[_Key, _Known] = OrderedDict()

    def __len__(self) -> int:
        return len(self._known)

    def of(self, caller: Identity) -> tuple[Shown, ...]:
        """What counts now without asking anybody."""
        known = self._known.get(_key(caller))
        return known.shown if known is not None and self._fresh(known) else ()

    def stale(self, caller: Identity) -> tuple[str, ...]:
        """What it showed before, if that has to be verified again."""
        known = self._known.get(_key(caller))
        return known.jwts if known is not None and not self._fresh(known) else ()

    async def learn(
        self, caller: Identity, jwts: tuple[str, ...]
    ) -> tuple[tuple[Shown, ...], tuple[str, ...]]:
        """Verify these, beside what it showed before: which count, and why the others do not.

        Raises Unavailable when who must be asked does not answer.
        """
        key, proofs = _key(caller), self.proofs
        if proofs is None:
            return (), ("this receiver takes no credentials",)
        known = self._known.get(key)
        held = known.jwts if known else ()
        wanted = tuple(dict.fromkeys((*jwts, *held)))[: self._settings.shown_limit]
        good: dict[str, Credential] = {}
        wrong: list[str] = []
        version = proofs.version
        for jwt in wanted:
            try:
                good[jwt] = await proofs.verify(jwt, caller.party)
            except BadCredential as error:
                self._counters["shown-credential-bad"] += 1
                wrong.append(str(error))
        shown = tuple(Shown(one.type, one.issuer, one.claims) for one in good.values())
        self._remember(key, good, shown, version)
        return shown, tuple(wrong)

    def forget(self, party: PartyId) -> None:
        """Its certificate was renewed or revoked."""
        for key in [key for key in self._known if key[0] == party]:
            del self._known[key]

    def _fresh(self, known: _Known) -> bool:
        same = self.proofs is not None and known.version == self.proofs.version
        return same and self._clock() < known.fresh_until

    def _remember(
        self, key: _Key, good: dict[str, Credential], shown: tuple[Shown, ...], version: int
    ) -> None:
        self._known.pop(key, None)
        if not good:
            return
        until = min(credential.valid_until for credential in good.values())
        fresh_until = min(until, self._clock() + self._settings.shown_recheck_s)
        self._known[key] = _Known(tuple(good), shown, fresh_until, version)
        if len(self._known) > self._settings.shown_callers:
            self._known.popitem(last=False)


def _key(caller: Identity) -> _Key:
    return caller.party, caller.serial
