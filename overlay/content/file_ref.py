"""A reference to a file that an agent offers: small enough for any body or context. Pure."""

from __future__ import annotations

import re

import msgspec

from overlay.content.media_type import check_media_type
from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.wire.malformed import MALFORMED

MAX_NAME_BYTES = 255
LEAST_CHUNK = 1024
LARGEST_CHUNK = 4 * 1024 * 1024
_ID = re.compile(r"[0-9a-f]{32}\Z")
_DIGEST = re.compile(r"[0-9a-f]{64}\Z")


class FileRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"media_type": "media-type"}):
    """One file, as its holder offered it. Whoever has the reference *and* was named when it was offered can
    fetch it; the reference alone opens nothing (GW-17). Raises BadInput for what cannot be one.
    """

    id: str
    """Random, 32 hexadecimal digits."""
    key: str
    """The capability: random, 32 hexadecimal digits."""
    holder: str
    """`name@domain` of the agent that has the file."""
    name: str
    """What the file is called: never a path."""
    size: int
    """Bytes."""
    digest: str
    """SHA-256 of the whole, in hexadecimal digits."""
    chunk_bytes: int
    """Each chunk but the last has as many."""
    chunks: str
    """SHA-256 over the SHA-256 of each chunk, one after the other: so each chunk is proved as it comes."""
    media_type: str = "application/octet-stream"

    def __post_init__(self) -> None:
        PartyId.parse(self.holder)
        check_file_name(self.name)
        check_media_type(self.media_type)
        if not (is_file_id(self.id) and is_file_id(self.key)):
            raise BadInput("id and key of a file reference are 32 hexadecimal digits each")
        if not (_DIGEST.match(self.digest) and _DIGEST.match(self.chunks)):
            raise BadInput("the digests of a file reference are SHA-256, as 64 hexadecimal digits")
        if self.size < 0 or not LEAST_CHUNK <= self.chunk_bytes <= LARGEST_CHUNK:
            raise BadInput(
                f"a file has 0 bytes or more, in chunks of {LEAST_CHUNK} to {LARGEST_CHUNK} bytes, "
                f"not {self.size} in chunks of {self.chunk_bytes}"
            )

    @property
    def count(self) -> int:
        """How many chunks it has."""
        return -(-self.size // self.chunk_bytes)

    def encode(self) -> bytes:
        """As JSON: `await agent.send(to, ref.encode())`."""
        return msgspec.json.encode(self)

    @classmethod
    def decode(cls, data: bytes | str) -> FileRef:
        """The inverse of `encode`: `ref = FileRef.decode(message.body)`. Raises BadInput."""
        try:
            return msgspec.json.decode(data, type=cls)
        except MALFORMED as error:
            raise BadInput(f"this is no file reference: {error}") from error


def check_file_name(name: str) -> str:
    """`name`, if it is the name of a file and nothing like a path. Raises BadInput."""
    bad = not name.strip() or name in (".", "..") or any(letter in name for letter in "/\\:")
    try:
        long = len(name.encode()) > MAX_NAME_BYTES
    except UnicodeEncodeError:  # half of a surrogate pair
        bad, long = True, False
    if bad or long or not name.isprintable():
        raise BadInput(
            f"{name[:60]!r} is not the name of a file: 1 to {MAX_NAME_BYTES} bytes of printable characters "
            "without '/', '\\' and ':', and not '.' or '..'"
        )
    return name


def is_file_id(text: str) -> bool:
    """Whether this can be the ID of a file, or its key: 32 hexadecimal digits."""
    return _ID.match(text) is not None
