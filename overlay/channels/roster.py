"""A channel as its owner, or a deputy of it, says that it is: who its members are, signed. Pure.

The roster is the only word on a channel that counts, in its home domain as elsewhere: registries keep it and
let those read whom it names, members learn from it who may publish. A later version replaces an earlier one.
"""

from __future__ import annotations

import hashlib
from functools import cached_property

import msgspec

from overlay.channels.charter import RECORDER, Charter, History, May, open_charter
from overlay.errors import BadInput, Refused, TooLarge
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.signed import make_signed, open_signed, unverified_payload, unverified_signer
from overlay.wire.numbers import MOST
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
    record: bool = False
    """It is brought what is published, and keeps it sealed: it never has a key. Then it does nothing else."""

    @property
    def hears(self) -> bool:
        """Whether the broker brings it what is published."""
        return self.read or self.record


class Roster(msgspec.Struct, frozen=True, dict=True):
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
    signed: bool = False
    """Whether each publication is signed by its publisher."""
    history: History = History.NONE
    """Whether reliable publications are recorded, and who comes in may read of them."""
    recent: int = 0
    """How many of them, with `History.RECENT`."""
    may: May = May.BOTH
    """What who comes in may do, unless it was invited for something else."""
    deputies: tuple[str, ...] = ()
    """Agents of the home domain that change who is in it, as the owner does, while they are in it."""
    charter: int = 0
    """Rises when the owner says otherwise who its deputies are, or anything else that it alone says."""
    mandate: bytes = b""
    """The owner's signed `Charter`; empty while it has no deputies."""
    before: bytes = b""
    """SHA-256 of the signed roster that this one follows; empty: of none."""

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
        return self._by_party.get(str(party))

    @cached_property
    def _by_party(self) -> dict[str, Member]:
        """Asked for each message: there may be thousands."""
        return {member.party: member for member in self.members}

    @property
    def rank(self) -> tuple[int, int]:
        """Which of two rosters counts: what the owner alone says goes before any number of a deputy's."""
        return self.charter, self.version

    @property
    def authorities(self) -> tuple[PartyId, ...]:
        """Who may let others in, in the order in which they are asked: the owner first."""
        inside = {member.party for member in self.members}
        deputies = (party for party in self.deputies if party in inside)
        return tuple(PartyId.parse(party) for party in (self.owner, *deputies))

    @property
    def recorder(self) -> PartyId | None:
        """Who records it."""
        return PartyId.of(RECORDER, self.id.domain) if self.history is not History.NONE else None

    def is_over(self, now: float) -> bool:
        """Whether nobody is to read or publish in it any more."""
        return self.released or 0 < self.ends <= now


def sign_roster(roster: Roster, signer: Credentials) -> bytes:
    """The word of the owner or of a deputy. Raises BadInput."""
    return make_signed(KIND, encode_struct(roster), signer)


def charter_of(roster: Roster) -> Charter:
    """What of it the owner alone says."""
    return Charter(
        roster.channel,
        roster.owner,
        roster.charter,
        roster.deputies,
        roster.open,
        roster.about,
        roster.ends,
        roster.signed,
        roster.history,
        roster.recent,
        roster.may,
    )


def open_roster(statement: bytes, trust: TrustStore, now: float, settings: Settings) -> Roster:
    """What a channel's owner said, or a deputy under the owner's charter. Raises BadSignature, BadCertificate
    (UnknownDomain), BadEnvelope, BadName, BadInput, Expired; Refused when somebody else said it, or a deputy
    more than it may.
    """
    identity, payload = open_signed(KIND, statement, trust, now)
    roster = decode_struct(payload, Roster)
    signer = str(identity.party)
    if identity.role is not Role.AGENT or identity.party not in roster.authorities:
        raise Refused(f"the roster of {roster.channel} is signed by {signer}, not by its owner or a deputy")
    if signer != roster.owner:
        _check_mandate(roster, signer, trust, now)
    check_roster(roster, settings)
    return roster


def _check_mandate(roster: Roster, deputy: str, trust: TrustStore, now: float) -> None:
    if open_charter(roster.mandate, roster.owner, trust, now) != charter_of(roster) or roster.released:
        raise Refused(f"{deputy}, a deputy, may not change what the owner of {roster.channel} alone says")


def known_roster(statement: bytes) -> Roster:
    """What was checked when it came: its certificate may have ended since. Raises BadSignature, BadEnvelope,
    BadInput.
    """
    return decode_struct(unverified_payload(KIND, statement), Roster)


def signer_of(statement: bytes) -> PartyId:
    """Who signed what was checked when it came. Raises as `known_roster`."""
    return unverified_signer(KIND, statement).party


def digest_of(statement: bytes) -> bytes:
    """By which a roster names the one that it follows."""
    return hashlib.sha256(statement).digest()


def check_roster(roster: Roster, settings: Settings) -> None:
    """Raises BadName, BadInput, Refused, TooLarge."""
    owner = PartyId.parse(roster.owner)
    if roster.id.domain != owner.domain:
        raise Refused(f"{owner} cannot own {roster.channel}: a channel is of its owner's domain")
    if not 0 < roster.version < MOST:
        raise BadInput("versions of rosters begin at 1")
    if not (0 <= roster.charter < MOST and 0 <= roster.recent < MOST and 0 <= roster.ends < MOST):
        raise BadInput(f"the roster of {roster.channel} has an impossible number")  # nor is NaN one
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
    _check_kinds(roster, settings)
    if len(roster.about) > settings.channel_about_chars:
        raise TooLarge(f"a channel says up to {settings.channel_about_chars} characters of itself")


def _check_kinds(roster: Roster, settings: Settings) -> None:
    if any(one.record and (one.read or one.publish) for one in roster.members):
        raise BadInput(f"who records {roster.channel} has no key: it neither reads nor publishes")
    if any(one.record and one.party != str(roster.recorder) for one in roster.members):
        raise Refused(f"only {RECORDER}@{roster.id.domain} may record {roster.channel}, if it keeps history")
    recorded = roster.recorder is None or any(one.record for one in roster.members)
    if not (recorded or roster.released):
        raise BadInput(f"{roster.channel} keeps history, and nobody records it")
    if roster.history is History.RECENT and not 0 < roster.recent <= settings.channel_recent:
        raise BadInput(f"1 to {settings.channel_recent} publications are recent ones (channel_recent)")
    if len(roster.deputies) > settings.channel_deputies:
        raise TooLarge(f"a channel has up to {settings.channel_deputies} deputies (channel_deputies)")
    for deputy in roster.deputies:
        if PartyId.parse(deputy).domain != roster.id.domain:
            raise Refused(f"{deputy} cannot be a deputy: it has to be an agent of {roster.id.domain}")
