"""What the owner of a channel alone says of it, signed: under this its deputies change who is in it. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from overlay.errors import Refused
from overlay.naming.ids import SESSIONS
from overlay.trust.bundle import TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.signed import make_signed, open_signed
from overlay.wire.request import decode_struct, encode_struct

KIND = "channel.charter"
RECORDER = SESSIONS
"""The agent of a channel's home domain that records it, where it keeps history."""


class History(StrEnum):
    """What of a channel's past who comes in may read."""

    NONE = "none"
    """Nothing, and nothing is recorded."""
    RECENT = "recent"
    """The last `recent` reliable publications."""
    ALL = "all"


class May(StrEnum):
    """What a member may do. All have the key; the broker brings nothing to who may only publish."""

    BOTH = "publish+read"
    PUBLISH = "publish"
    READ = "read"
    NOTHING = "nothing"
    """It was put out, and comes in by no invitation but one of its own name, though its domain or all may."""

    @property
    def publish(self) -> bool:
        """Whether it may publish."""
        return self in (May.BOTH, May.PUBLISH)

    @property
    def read(self) -> bool:
        """Whether it may read."""
        return self in (May.BOTH, May.READ)


class Charter(msgspec.Struct, frozen=True, array_like=True):
    """The part of a roster that no deputy changes; the fields are the roster's."""

    channel: str
    owner: str
    number: int
    deputies: tuple[str, ...]
    open: bool
    about: str
    ends: float
    signed: bool
    history: History
    recent: int
    may: May


def sign_charter(charter: Charter, owner: Credentials) -> bytes:
    """The owner's word. Raises BadInput."""
    return make_signed(KIND, encode_struct(charter), owner)


def open_charter(statement: bytes, owner: str, trust: TrustStore, now: float) -> Charter:
    """What the owner said. Raises BadSignature, BadCertificate, BadEnvelope, BadInput, Expired; Refused when
    somebody else said it.
    """
    identity, payload = open_signed(KIND, statement, trust, now)
    if identity.role is not Role.AGENT or str(identity.party) != owner:
        raise Refused(f"{identity.party} makes no deputies in a channel that {owner} owns")
    return decode_struct(payload, Charter)
