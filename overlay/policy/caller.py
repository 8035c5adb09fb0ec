"""Who asks to be let in, as far as it is proved. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from overlay.naming.ids import PartyId
from overlay.trust.attributes import Attributes
from overlay.trust.identity import Identity, Role

Claim = str | int | float | bool


class Shown(msgspec.Struct, frozen=True):
    """A credential that the caller showed, and that was verified: of what, by whom, saying what."""

    type: str
    issuer: str
    """The DID of who issued it."""
    claims: Mapping[str, object] = {}


class Caller(msgspec.Struct, frozen=True):
    """One who calls an agent of domain `home`."""

    party: PartyId
    home: str
    role: Role = Role.AGENT
    attributes: Attributes | None = None
    """What its certificate says; None: not known here (only a gateway asks so)."""
    shown: tuple[Shown, ...] = ()

    @property
    def foreign(self) -> bool:
        """Of another domain than the receiver's."""
        return self.party.domain != self.home


def caller_of(identity: Identity, home: str, shown: tuple[Shown, ...] = ()) -> Caller:
    """Somebody whose certificate is proved."""
    return Caller(identity.party, home, identity.role, identity.attributes, shown)
