"""Lists of revoked credentials (Bitstring Status List 1.0): a bit for each credential. Pure."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterable
from dataclasses import dataclass

from overlay.credentials.credential import CONTEXTS, TYPE, issuer_of, type_of
from overlay.credentials.fields import time_of, to_time, word
from overlay.credentials.keys import from_base64url, to_base64url
from overlay.credentials.strict_json import parse_object
from overlay.errors import BadCredential

LENGTH = 131_072
"""Bits in our lists: the least that the recommendation permits, so that nobody is picked out by his."""
LIST_TYPE = "BitstringStatusListCredential"
MAX_STATUS_BYTES = 64 * 1024
_MAX_BITS = 1 << 20
_GZIP = 16 + zlib.MAX_WBITS


@dataclass(frozen=True, slots=True)
class StatusList:
    """A list that was read. Of two of one URL the one made later counts: `made` never goes back."""

    url: str
    issuer: str
    made: float
    valid_until: float
    bits: bytes

    def revoked(self, index: int) -> bool:
        """Raises BadCredential when the list is too short."""
        if index >= len(self.bits) * 8:
            raise BadCredential(f"status: the list {self.url} has no entry {index}")
        return bool(self.bits[index // 8] & 0x80 >> index % 8)


def make_status_payload(
    url: str, issuer: str, revoked: Iterable[int], made: float, valid_until: float
) -> dict[str, object]:
    """The JSON of a list in which these indexes are revoked, to be signed."""
    bits = bytearray(LENGTH // 8)
    for index in revoked:
        bits[index // 8] |= 0x80 >> index % 8
    encoded = "u" + to_base64url(gzip.compress(bytes(bits), mtime=0))
    return {
        "@context": CONTEXTS[:1],
        "id": url,
        "type": [TYPE, LIST_TYPE],
        "issuer": issuer,
        "validFrom": to_time(made),
        "validUntil": to_time(valid_until),
        "credentialSubject": {
            "id": f"{url}#list",
            "type": "BitstringStatusList",
            "statusPurpose": "revocation",
            "encodedList": encoded,
        },
    }


def parse_status_payload(data: bytes) -> StatusList:
    """Raises BadCredential."""
    content = parse_object(data, MAX_STATUS_BYTES, "the status list")
    if type_of(content) != LIST_TYPE:
        raise BadCredential(f"malformed: a status list is a {LIST_TYPE}")
    made, until = time_of(content, "validFrom"), time_of(content, "validUntil")
    if made is None or until is None:
        raise BadCredential("malformed: a status list says from when to when it is good")
    match content.get("credentialSubject"):
        case {"type": "BitstringStatusList", "statusPurpose": "revocation", "encodedList": str(encoded)}:
            return StatusList(word(content, "id"), issuer_of(content), made, until, _bits(encoded))
    raise BadCredential("malformed: this is no list for revocation")


def _bits(encoded: str) -> bytes:
    if not encoded.startswith("u"):
        raise BadCredential("malformed: a status list is written in base64url (multibase 'u')")
    inflater = zlib.decompressobj(_GZIP)
    try:
        bits = inflater.decompress(from_base64url(encoded[1:]), _MAX_BITS // 8)
    except zlib.error as error:
        raise BadCredential(f"malformed: the status list is not compressed by gzip: {error}") from error
    if not inflater.eof or inflater.unused_data or len(bits) * 8 < LENGTH:
        raise BadCredential(f"malformed: a status list has {LENGTH} to {_MAX_BITS} bits")
    return bits
