"""The messages of a link's handshake, byte for byte. Pure.

dialler → acceptor   'H' Hello
acceptor → dialler   'W' Welcome (its body, signature, confirmation), or 'R' Refusal
dialler → acceptor   'F' Finish,  then both send frames: 'S', see `link_session`
"""

from __future__ import annotations

import hashlib
from typing import TypeVar

import msgspec

from overlay.errors import BadEnvelope, Refused
from overlay.wire.malformed import MALFORMED

LINK_VERSION = 1
MAX_MESSAGE = 16 * 1024
NONCE_BYTES = 32
HELLO, WELCOME, FINISH, REFUSAL, SEALED = b"H", b"W", b"F", b"R", b"S"
_LABEL = b"agent-overlay/link-handshake/v1\x00"


class Hello(msgspec.Struct, array_like=True, frozen=True):
    """The dialler says who it is, whom it wants, and how it can speak."""

    version: int
    suite: str
    protocols: tuple[str, ...]
    sender: str
    """The dialling gateway, `gw@domain`."""
    to: str
    """The gateway that is meant; a hello that was passed on to another is refused."""
    process: str
    nonce: bytes
    share: bytes
    certificate: bytes
    news: bytes = b""
    """Its CA's word on the roots of its domain: the certificate may be of one that is new to us."""


class WelcomeBody(msgspec.Struct, array_like=True, frozen=True):
    """The same from the acceptor, which chooses the protocols."""

    version: int
    suite: str
    protocols: tuple[str, ...]
    sender: str
    to: str
    process: str
    nonce: bytes
    reply: bytes
    certificate: bytes
    news: bytes = b""


class Welcome(msgspec.Struct, array_like=True, frozen=True):
    """`body` is kept as bytes: they are what is signed."""

    hello_nonce: bytes
    body: bytes
    signature: bytes
    confirmation: bytes


class Finish(msgspec.Struct, array_like=True, frozen=True):
    """The dialler's proof; `tag` says of which handshake."""

    tag: bytes
    signature: bytes
    confirmation: bytes


class Refusal(msgspec.Struct, array_like=True, frozen=True):
    """Why there is no link. It is not proved: it ends an attempt, and changes nothing else."""

    hello_nonce: bytes
    reason: str
    text: str


class _Version(msgspec.Struct, array_like=True, frozen=True):
    version: int


T = TypeVar("T", bound=msgspec.Struct)
_encoder = msgspec.msgpack.Encoder()


def encode(kind: bytes, message: msgspec.Struct) -> bytes:
    """The bytes of a message, its kind first."""
    return kind + _encoder.encode(message)


def decode(kind: bytes, data: bytes, shape: type[T]) -> T:
    """Raises BadEnvelope."""
    if len(data) > MAX_MESSAGE or data[:1] != kind:
        raise BadEnvelope(f"not a handshake message of kind {kind.decode()}, or over {MAX_MESSAGE} bytes")
    return _decode(data[1:], shape)


def decode_hello(data: bytes) -> Hello:
    """Raises Refused for another version, before the rest is looked at; BadEnvelope."""
    check_version(decode(HELLO, data, _Version).version)
    return decode(HELLO, data, Hello)


def decode_welcome_body(data: bytes) -> WelcomeBody:
    """Raises Refused for another version, before the rest is looked at; BadEnvelope."""
    check_version(_decode(data, _Version).version)
    return _decode(data, WelcomeBody)


def encode_body(body: WelcomeBody) -> bytes:
    """What the acceptor signs."""
    return _encoder.encode(body)


def check_version(version: int) -> None:
    """Raises Refused."""
    if version != LINK_VERSION:
        raise Refused(f"link version {version} is not spoken here, only {LINK_VERSION}: upgrade one side")


def transcript(hello: bytes, body: bytes) -> bytes:
    """A hash over everything that both said, to which signatures and keys are bound."""
    digest = hashlib.sha256(_LABEL)
    for part in (hello, body):
        digest.update(len(part).to_bytes(4, "big") + part)
    return digest.digest()


def _decode(data: bytes, shape: type[T]) -> T:
    try:
        return msgspec.msgpack.decode(data, type=shape)
    except MALFORMED as error:
        raise BadEnvelope(f"a malformed handshake message ({shape.__name__}): {error}") from error
