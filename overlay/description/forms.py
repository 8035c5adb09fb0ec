"""A description in whatever form a file has: JSON-LD, A2A agent card, or text. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

import msgspec

from overlay.description.a2a_import import is_card, read_card
from overlay.description.description import Description
from overlay.description.node import parse_json
from overlay.description.reading import read_document
from overlay.description.text import read_text
from overlay.errors import BadInput, TooLarge
from overlay.settings import Settings


class Form(StrEnum):
    """How a description is written."""

    JSON_LD = "json-ld"
    A2A = "a2a"
    TEXT = "text"


class Written(msgspec.Struct, frozen=True):
    """A description that was read, and what it was read from: proofs are about that."""

    form: Form
    description: Description
    content: Mapping[str, object] = {}


def read_any(text: str, what: str, settings: Settings) -> Written:
    """What begins with `{` is JSON; `what` names it in errors. Raises BadInput, TooLarge."""
    if not text.strip():
        raise BadInput(f"{what} is empty")
    if not text.lstrip().startswith("{"):
        if len(text.encode()) > settings.description_bytes:
            raise TooLarge(f"{what} is longer than {settings.description_bytes} bytes (description_bytes)")
        return Written(Form.TEXT, read_text(text, settings))
    content = parse_json(text, what, settings)
    if is_card(content):
        return Written(Form.A2A, read_card(content, settings), content)
    return Written(Form.JSON_LD, read_document(content, settings), content)
