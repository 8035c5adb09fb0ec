"""Bodies as applications give and read them: text or bytes. Pure."""

from __future__ import annotations

from overlay.errors import BadInput

Body = bytes | str


def to_bytes(body: Body | None) -> bytes:
    """A body as it goes on the wire. Raises BadInput."""
    match body:
        case None:
            return b""
        case str():
            return body.encode()
        case bytes():
            return body
        case _:
            raise BadInput(
                f"a body is bytes or str, not {type(body).__name__}: encode it first, as JSON for one"
            )


def text_of(body: bytes) -> str:
    """A body as text. Raises BadInput when it is none (UTF-8)."""
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadInput(f"the body is not text in UTF-8: {error}") from error
