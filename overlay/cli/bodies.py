"""Bodies of messages: taken from the command line, shown to people and to scripts."""

from __future__ import annotations

import sys
from base64 import b64encode
from pathlib import Path

from overlay.cli.printing import printable, say
from overlay.endpoint.message import Message
from overlay.errors import BadInput


def read_body(text: str, token: Path | None = None) -> bytes:
    """The text itself; `-`: standard input. Raises BadInput where the join token comes from there, too."""
    if text == "-" and token == Path("-"):
        raise BadInput(
            "standard input is either the text or the join token: OVERLAY_JOIN_TOKEN takes one, too"
        )
    return sys.stdin.buffer.read() if text == "-" else text.encode(errors="surrogateescape")


def body_json(body: bytes) -> dict[str, str]:
    """As text, and in base64 where it is none."""
    try:
        return {"body": body.decode()}
    except UnicodeDecodeError:
        return {"body_base64": b64encode(body).decode()}


def message_json(message: Message) -> dict[str, object]:
    """For scripts."""
    about = {"sender": str(message.sender), "topic": message.topic, "id": message.id.hex()}
    return {**about, **body_json(message.body)}


def print_body(body: bytes) -> None:
    """As it is into a file or pipe; made printable on a terminal."""
    if sys.stdout.isatty():
        say("\n".join(printable(line) for line in body.decode(errors="replace").splitlines()))
        return
    sys.stdout.buffer.write(body if body.endswith(b"\n") else body + b"\n")
    sys.stdout.buffer.flush()
