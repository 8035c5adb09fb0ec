"""What a creator wants done, as its journal keeps it. Pure."""

from __future__ import annotations

from hashlib import sha256

import msgspec

from overlay.content.file_ref import FileRef
from overlay.quality.quality import Quality
from overlay.tasks.retry import NEVER, Retry


class Spec(msgspec.Struct, frozen=True):
    """All that `start_task` was given."""

    to: str
    """An agent, or a skill."""
    skill: str = ""
    body: bytes = b""
    media_type: str = ""
    files: tuple[FileRef, ...] = ()
    context: bytes = b""
    session: str = ""
    retry: Retry = NEVER
    quality: Quality | None = None
    avoid: tuple[str, ...] = ()

    @property
    def digest(self) -> bytes:
        """Of what is to be done, and by whom: the same ID with another one is another task."""
        what = (self.to, self.skill, self.body, self.media_type, self.files, self.context, self.session)
        return sha256(_encoder.encode(what)).digest()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Spec)


def encode_spec(spec: Spec) -> bytes:
    """For the journal."""
    return _encoder.encode(spec)


def decode_spec(data: bytes) -> Spec:
    """The inverse."""
    return _decoder.decode(data)
