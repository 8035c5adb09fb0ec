"""What a task is called, everywhere: random, made by its creator (AG-3). Pure."""

from __future__ import annotations

import re
import secrets

from overlay.errors import BadName

_ID = re.compile(r"[0-9a-f]{32}\Z")


def new_task_id() -> str:
    """128 random bits."""
    return secrets.token_hex(16)


def check_task(text: str) -> str:
    """`text`, if it can be the ID of a task. Raises BadName."""
    if not _ID.match(text):
        raise BadName(f"{text[:60]!r} is not the ID of a task: 32 hexadecimal digits (0-9, a-f)")
    return text
