"""The keys of a channel: one secret for each version of its roster, one key from it for each sender. Pure.

A secret is made by the owner when the roster changes, and reaches each member in an ordinary sealed message.
Each sending process derives a key of its own from it, by its ID and a random token that it draws when it
starts, so that its counter need not be kept anywhere and no nonce is ever used twice with one key.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from overlay.errors import BadInput
from overlay.trust.keys import ID_BYTES, new_id

KEY_BYTES = 32
_INFO = b"agent-overlay/channel/v1\x00"


class Epoch(msgspec.Struct, frozen=True, array_like=True):
    """The secret of one version of a roster."""

    version: int
    id: bytes
    """16 bytes, in the header of every message that is sealed under it."""
    secret: bytes
    """32 bytes."""


def new_epoch(version: int) -> Epoch:
    """A random one."""
    return Epoch(version, new_id(), secrets.token_bytes(KEY_BYTES))


def check_epoch(epoch: Epoch) -> Epoch:
    """Raises BadInput."""
    if len(epoch.id) != ID_BYTES or len(epoch.secret) != KEY_BYTES:
        raise BadInput("an epoch of a channel has an ID of 16 bytes and a secret of 32")
    return epoch


def new_process_token() -> str:
    """For one sending process, as long as it lives."""
    return secrets.token_hex(16)


def sender_key(epoch: Epoch, channel: str, sender: str, process: str) -> AESGCM:
    """The key of one sending process under one secret."""
    words = b"\x00".join(word.encode() for word in (channel, sender, process))  # no name holds a zero
    kdf = HKDF(algorithm=hashes.SHA256(), length=KEY_BYTES, salt=epoch.id, info=_INFO + words)
    return AESGCM(kdf.derive(epoch.secret))


class SenderKeys:
    """Keys that were derived, the latest used; bounded."""

    def __init__(self, channel: str, limit: int) -> None:
        self._channel = channel
        self._limit = limit
        self._keys: OrderedDict[tuple[bytes, str, str], AESGCM] = OrderedDict()

    def get(self, epoch: Epoch, sender: str, process: str) -> AESGCM:
        """Derived where need be. Nothing about the sender is proved."""
        name = (epoch.id, sender, process)
        found = self._keys.get(name)
        return sender_key(epoch, self._channel, sender, process) if found is None else found

    def keep(self, epoch: Epoch, sender: str, process: str, cipher: AESGCM) -> None:
        """It opened something."""
        name = (epoch.id, sender, process)
        self._keys[name] = cipher
        self._keys.move_to_end(name)
        if len(self._keys) > self._limit:
            self._keys.popitem(last=False)
