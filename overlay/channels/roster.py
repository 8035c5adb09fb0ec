"""A channel as its owner says that it is: who its members are, signed. Pure.

The roster is the only word on a channel that counts, in its home domain as elsewhere: registries keep it and
let those read whom it names, members learn from it who may publish. A later version replaces an earlier one.
"""

from __future__ import annotations

import msgspec

from overlay.errors import BadInput, Refused, TooLarge
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.signed import make_signed, open_signed, unverified_payload
from overlay.wire.request import decode_struct, encode_struct

KIND = "channel.roster"


class Member(msgspec.Struct, frozen=True, array_like=True):
    """Somebody in a channel, and what it may do there."""

    party: str
    """`name@domain`"""
    since: int
    """The version of the roster in which it (last) came."""
    publish: bool = True
    read: bool = True


class Roster(msgspec.Struct, frozen=True):
    """A channel at one moment."""

    channel: str
    """`name@home-domain`"""
    owner: str
    """`name@domain`: an agent of the home domain."""
    version: int
    """Rises with each change; the first is the time, so that a channel of that name which was before had
    lower ones.
    """
    members: tuple[Member, ...]
    """Its owner is one of them."""
    open: bool = False
    """Whether whoever asks may come in; else by invitation."""
    about: str = ""
    """For people."""
    ends: float = 0.0
    """Seconds since 1970 at which it is released by itself; 0: never."""
    released: bool = False
    """It is no more."""

    @property
    def id(self) -> PartyId:
        """`name@home-domain`, in parts. Raises BadName."""
        return PartyId.parse(self.channel)

    @property
    def domains(self) -> frozenset[str]:
        """Where its members are."""
        return frozenset(PartyId.parse(member.party).domain for member in self.members)

    def member(self, party: PartyId) -> Member | None:
        """What `party` is in it."""
        name = str(party)
        return next((member for member in self.members if member.party == name), None)

    def is_over(self, now: float) -> bool:
        """Whether nobody is to read or publish in it any more."""
        return self.released or 0 < self.ends <= now


def sign_roster(roster: Roster, owner: Credentials) -> bytes:
    """The owner's word. Raises BadInput."""
    return make_signed(KIND, encode_struct(roster), owner)


def open_roster(statement: bytes, trust: TrustStore, now: float, settings: Settings) -> Roster:
    """What a channel's owner said. Raises BadSignature, BadCertificate (UnknownDomain), BadEnvelope, BadName,
    BadInput, Expired; Refused when somebody else said it.
    """
    identity, payload = open_signed(KIND, statement, trust, now)
    roster = decode_struct(payload, Roster)
    if identity.role is not Role.AGENT or str(identity.party) != roster.owner:
        raise Refused(f"the roster of {roster.channel} is signed by {identity.party}, not by its owner")
    check_roster(roster, settings)
    return roster


def known_roster(statement: bytes) -> Roster:
    """What was checked when it came: its certificate may have ended since. Raises BadSignature, BadEnvelope,
    BadInput.
    """
    return decode_struct(unverified_payload(KIND, statement), Roster)


def check_roster(roster: Roster, settings: Settings) -> None:
    """Raises BadName, BadInput, Refused, TooLarge."""
    owner = PartyId.parse(roster.owner)
    if roster.id.domain != owner.domain:
        raise Refused(f"{owner} cannot own {roster.channel}: a channel is of its owner's domain")
    if not 0 < roster.version < 1 << 53:
        raise BadInput("versions of rosters begin at 1")
    limit = settings.channel_members
    if len(roster.members) > limit:
        raise TooLarge(
            f"{roster.channel} has {len(roster.members)} members; {limit} may be in it (channel_members)"
        )
    parties = {str(PartyId.parse(member.party)) for member in roster.members}
    if len(parties) < len(roster.members):
        raise BadInput(f"the roster of {roster.channel} names somebody twice")
    if roster.owner not in parties and not roster.released:
        raise BadInput(f"the owner of {roster.channel} is not in its roster")
    if not all(0 < member.since <= roster.version for member in roster.members):
        raise BadInput(f"a member of {roster.channel} came in a version that was not yet")
    if len(roster.about) > settings.channel_about_chars:
        raise TooLarge(f"a channel says up to {settings.channel_about_chars} characters of itself")
