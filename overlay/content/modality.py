"""What kind of content a media type is, and how each kind is handled: one table (AG-8). Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Literal

from overlay.content.media_type import check_media_type, essence
from overlay.errors import TooLarge
from overlay.naming.subjects import Class, Priority
from overlay.settings.content import ContentSettings


class Modality(StrEnum):
    """The kinds, told apart by the media type; the live ones by how they are sent."""

    TEXT = "text"
    STRUCTURED = "structured"
    DOCUMENT = "document"
    IMAGE = "image"
    FILE = "file"
    AUDIO = "audio"
    VIDEO = "video"
    LIVE_AUDIO = "live-audio"
    LIVE_VIDEO = "live-video"


Way = Literal["inline", "file", "stream"]


@dataclass(frozen=True, slots=True)
class Handling:
    """How content of one kind goes."""

    cls: Class
    """`realtime` is asked for again, or dropped; `reliable` is kept for whoever is away."""
    priority: Priority
    inline_bytes: int
    """The largest body of a message with it."""
    compress: bool
    """Whether its chunks may be worth compressing."""
    way: Way
    """How it travels when it is larger than that."""


_KIB = 1024
TABLE: dict[Modality, Handling] = {
    Modality.TEXT: Handling(Class.RELIABLE, Priority.NORMAL, 512 * _KIB, True, "file"),
    Modality.STRUCTURED: Handling(Class.RELIABLE, Priority.NORMAL, 512 * _KIB, True, "file"),
    Modality.DOCUMENT: Handling(Class.RELIABLE, Priority.NORMAL, 256 * _KIB, False, "file"),
    Modality.IMAGE: Handling(Class.RELIABLE, Priority.NORMAL, 256 * _KIB, False, "file"),
    Modality.FILE: Handling(Class.REALTIME, Priority.BULK, 64 * _KIB, True, "file"),
    Modality.AUDIO: Handling(Class.REALTIME, Priority.BULK, 64 * _KIB, False, "file"),
    Modality.VIDEO: Handling(Class.REALTIME, Priority.BULK, 64 * _KIB, False, "file"),
    Modality.LIVE_AUDIO: Handling(Class.REALTIME, Priority.HIGH, 8 * _KIB, False, "stream"),
    Modality.LIVE_VIDEO: Handling(Class.REALTIME, Priority.HIGH, 64 * _KIB, False, "stream"),
}
_STRUCTURED = frozenset(
    {
        "application/json",
        "application/xml",
        "application/cbor",
        "application/msgpack",
        "application/yaml",
        "application/toml",
        "application/x-ndjson",
        "text/csv",
        "text/xml",
    }
)
_SUFFIXES = ("+json", "+xml", "+cbor", "+yaml", "+msgpack")
_DOCUMENTS = frozenset({"application/pdf", "application/rtf", "application/msword", "application/epub+zip"})
_OFFICE = ("application/vnd.openxmlformats-officedocument.", "application/vnd.oasis.opendocument.")
_PACKED = frozenset(
    {
        "application/zip",
        "application/gzip",
        "application/zstd",
        "application/x-7z-compressed",
        "application/x-xz",
        "application/x-bzip2",
        "application/vnd.rar",
        "application/java-archive",
    }
)


def modality_of(media_type: str, *, live: bool = False) -> Modality:
    """Raises BadInput for what is no media type."""
    plain = essence(check_media_type(media_type))
    main = plain.partition("/")[0]
    if main == "audio":
        return Modality.LIVE_AUDIO if live else Modality.AUDIO
    if main == "video":
        return Modality.LIVE_VIDEO if live else Modality.VIDEO
    if main == "image":
        return Modality.IMAGE
    if plain in _DOCUMENTS or plain.startswith(_OFFICE):
        return Modality.DOCUMENT
    if plain in _STRUCTURED or plain.endswith(_SUFFIXES):
        return Modality.STRUCTURED
    return Modality.TEXT if main == "text" else Modality.FILE


def handling_of(modality: Modality, settings: ContentSettings) -> Handling:
    """As the table says, unless `modality_priority` or `modality_inline_bytes` do."""
    usual = TABLE[modality]
    return replace(
        usual,
        priority=settings.modality_priority.get(modality, usual.priority),
        inline_bytes=settings.modality_inline_bytes.get(modality, usual.inline_bytes),
    )


def compressible(media_type: str) -> bool:
    """Whether content of this type may shrink at all."""
    return TABLE[modality_of(media_type)].compress and essence(media_type) not in _PACKED


def check_inline(media_type: str, size: int, settings: ContentSettings, *, live: bool = False) -> None:
    """Raises TooLarge for what is no body of a message, with the way that it can go instead."""
    modality = modality_of(media_type, live=live)
    handling = handling_of(modality, settings)
    if size <= handling.inline_bytes:
        return
    instead = (
        "open a stream for it (`await agent.open_stream(…)`) and send it in smaller pieces"
        if handling.way == "stream"
        else "offer it as a file (`ref = await agent.offer_file(path, to=[…])`), send the reference, and let "
        "the receiver fetch it (`await agent.fetch_file(ref, path)`)"
    )
    raise TooLarge(
        f"{size} bytes of {essence(media_type)} are too many for one message: {modality} goes with up to "
        f"{handling.inline_bytes} bytes (modality_inline_bytes): {instead}"
    )
