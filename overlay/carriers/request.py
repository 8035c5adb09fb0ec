"""What an HTTP request asks for, told from its head. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import unquote

import msgspec

from overlay.content.media_type import BYTES, check_media_type
from overlay.errors import BadInput, NotFound
from overlay.naming.ids import check_skill
from overlay.wire.malformed import MALFORMED

ENVELOPE = "application/vnd.overlay.envelope"
ENVELOPES = "/envelopes"
SKILLS = "/skills/"
MEDIA_TYPE = "media-type"
"""The attribute that says what a body is."""
_KEY = re.compile(r"[0-9a-f]{32}\Z")
_attributes = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came: proved is the client's certificate, by TLS."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """In the clear inside TLS: a request to a skill."""

    skill: str
    body: bytes
    attributes: dict[str, str]
    message_id: bytes
    """Given by the client: then it is reliable, and handled once. Empty: realtime."""
    left_s: float
    """0: not said."""


@dataclass(frozen=True, slots=True)
class Carried:
    """A sealed envelope."""

    envelope: bytes


def read_request(request: Request) -> Asked | Carried:
    """Raises NotFound, BadInput, BadName."""
    path = request.target.partition("?")[0]
    if path != ENVELOPES and not path.startswith(SKILLS):
        raise NotFound(f"there is nothing here: POST to {SKILLS}NAME or {ENVELOPES}")
    if request.method != "POST":
        raise BadInput(f"{request.method} is not spoken here: POST")
    if path == ENVELOPES:
        if request.headers.get("content-type") != ENVELOPE:
            raise BadInput(f"what goes to {ENVELOPES} is of type {ENVELOPE}")
        return Carried(request.body)
    skill = check_skill(unquote(path.removeprefix(SKILLS)))
    kind = check_media_type(request.headers.get("content-type", BYTES).strip())
    attributes = _read_attributes(request.headers.get("overlay-attributes", "{}"))
    message_id = _message_id(request.headers.get("idempotency-key", ""))
    left_s = _seconds(request.headers.get("overlay-deadline-s", "0"))
    return Asked(skill, request.body, {MEDIA_TYPE: kind, **attributes}, message_id, left_s)


def _message_id(key: str) -> bytes:
    if not key:
        return b""
    plain = key.strip().strip('"').replace("-", "").lower()
    if not _KEY.match(plain):
        raise BadInput("an Idempotency-Key is a UUID, or 32 hexadecimal digits; a fresh one for each message")
    return bytes.fromhex(plain)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds <= 86_400:
        raise BadInput("Overlay-Deadline-S is a number of seconds, up to a day")
    return seconds


def _read_attributes(text: str) -> dict[str, str]:
    try:
        return _attributes.decode(text)
    except MALFORMED as error:
        raise BadInput(f"Overlay-Attributes is a JSON object of strings: {error}") from error
