"""What changed in a channel, told to who knows what it was before: a few lines, however many members. Pure.

It names the signed roster that it begins at, and holds the signature of the one that follows: who puts the
two together has that roster byte by byte as its owner or deputy signed it, and checks it as any other.
"""

from __future__ import annotations

import msgspec

from overlay.channels.roster import KIND, Member, Roster, digest_of, known_roster
from overlay.errors import BadInput, OverlayError
from overlay.trust.signed import signed_parts, signed_statement
from overlay.wire.malformed import MALFORMED
from overlay.wire.request import decode_struct, encode_struct


class UnknownBase(OverlayError):
    """It begins at a roster that is not known here: the whole one is to be asked for."""

    reason = "unknown-base"
    retry = True


class Difference(msgspec.Struct, frozen=True, array_like=True):
    """Between two rosters of a channel."""

    base: bytes
    """`digest_of` the signed roster before."""
    rest: bytes
    """The roster after it, without members."""
    came: tuple[Member, ...]
    """At the end of the list, in this order."""
    gone: tuple[str, ...]
    """Who is not in it any more, or comes again."""
    certificate: bytes
    signature: bytes

    @property
    def roster(self) -> Roster:
        """As far as it says so: nothing about it is proved. Raises BadInput."""
        return decode_struct(self.rest, Roster)


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Difference)


def difference(before: bytes, after: bytes) -> bytes | None:
    """From one signed roster to the other; None where the whole one is told. Raises as `known_roster`."""
    certificate, _, signature = signed_parts(KIND, after)
    old, new = known_roster(before), known_roster(after)
    kept, stay = set(old.members), set(new.members)
    came = tuple(member for member in new.members if member not in kept)
    gone = tuple(member.party for member in old.members if member not in stay)
    if _members(old, came, gone) != new.members or len(came) + len(gone) > len(new.members) // 2:
        return None
    rest = encode_struct(msgspec.structs.replace(new, members=()))
    return _encoder.encode(Difference(digest_of(before), rest, came, gone, certificate, signature))


def read_difference(data: bytes) -> Difference:
    """Raises BadInput."""
    try:
        return _decoder.decode(data)
    except MALFORMED as error:
        raise BadInput(f"this is no difference between rosters: {error}") from error


def followed(before: bytes, found: Difference) -> bytes:
    """The signed roster that follows, to be checked. Raises UnknownBase, BadInput; as `known_roster`."""
    if digest_of(before) != found.base:
        raise UnknownBase("it begins at another roster than the one that is known here")
    members = _members(known_roster(before), found.came, found.gone)
    payload = encode_struct(msgspec.structs.replace(found.roster, members=members))
    return signed_statement(KIND, found.certificate, payload, found.signature)


def _members(old: Roster, came: tuple[Member, ...], gone: tuple[str, ...]) -> tuple[Member, ...]:
    out = set(gone)
    return (*(member for member in old.members if member.party not in out), *came)
