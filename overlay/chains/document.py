"""A chain as JSON: what is sent, kept in files, and read from others (AG-4). Pure."""

from __future__ import annotations

import msgspec

from overlay.chains.chain import Chain
from overlay.errors import BadInput, TooLarge

MEDIA_TYPE = "application/vnd.overlay.chain+json"
VERSION = 1
DEEPEST = 200
"""Brackets in brackets; what lies deeper is not even parsed."""


class _Document(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    version: int
    chain: Chain


def encode_chain(chain: Chain) -> bytes:
    """The JSON of a chain, `MEDIA_TYPE`."""
    return msgspec.json.encode(_Document(VERSION, chain))


def decode_chain(document: bytes | str, most_bytes: int) -> Chain:
    """Raises BadInput, saying where; TooLarge. What is well formed may still make no sense: `check_chain`."""
    data = document.encode() if isinstance(document, str) else document
    if len(data) > most_bytes:
        raise TooLarge(f"the chain has {len(data)} bytes, more than {most_bytes} (chain_bytes)")
    if depth(data) > DEEPEST:
        raise BadInput(f"the chain is nested deeper than {DEEPEST} brackets")
    try:
        return _decode(data)
    except msgspec.ValidationError as error:
        raise BadInput(f"this is no chain: {error}") from error
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"the chain is not JSON: {error}") from error


def depth(data: bytes) -> int:
    """How deep its brackets are, at most: those in texts count as well, which does no harm."""
    deepest = now = 0
    for byte in data:
        if byte in b"[{":
            now += 1
            deepest = max(deepest, now)
        elif byte in b"]}":
            now -= 1
    return deepest


def _decode(data: bytes) -> Chain:
    version = msgspec.json.decode(data, type=_Version).version
    if version != VERSION:
        raise BadInput(f"this chain is of version {version}, and only {VERSION} is known here")
    return msgspec.json.decode(data, type=_Document).chain


class _Version(msgspec.Struct):
    version: int
