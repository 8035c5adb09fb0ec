"""Media types: `type/subtype`, lower-case, with parameters where they have some. Pure."""

from __future__ import annotations

import re

from overlay.errors import BadInput

TEXT = "text/plain"
JSON = "application/json"
BYTES = "application/octet-stream"
FILE_REF = "application/vnd.overlay.file+json"
MAX_MEDIA_TYPE = 200
_WORD = r"[a-z0-9][a-z0-9!#$&^_.+-]*"
_MEDIA_TYPE = re.compile(rf"{_WORD}/{_WORD}(?: *; *[A-Za-z0-9_-]+=[^\x00-\x1f\x7f;]+)*\Z")


def check_media_type(text: str) -> str:
    """`text`, if it is a media type. Raises BadInput."""
    if len(text) > MAX_MEDIA_TYPE or not _MEDIA_TYPE.match(text):
        raise BadInput(
            f"{text[:60]!r} is not a media type: write 'type/subtype' in lower case, such as 'image/png'"
        )
    return text


def essence(media_type: str) -> str:
    """Without parameters: `text/html` of `text/html; charset=utf-8`."""
    return media_type.partition(";")[0].strip()
