"""The secrets of a domain's nats-server: passwords of its own hands, and the key that signs admissions."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import msgspec
import nkeys

from overlay.errors import BadSettings
from overlay.private_files import read_private, write_private

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class CalloutSecrets:
    """Those of one who lets parties in, and no others."""

    auth_password: str = field(repr=False)
    issuer_seed: str = field(repr=False)

    def to_bytes(self) -> bytes:
        """For a file."""
        return msgspec.json.format(msgspec.json.encode(self)) + b"\n"


@dataclass(frozen=True, slots=True)
class NatsSecrets:
    """Whoever holds these is the domain's administration at its broker."""

    sys_password: str = field(repr=False)
    auth_password: str = field(repr=False)
    provisioner_password: str = field(repr=False)
    registry_password: str = field(repr=False)
    issuer_seed: str = field(repr=False)

    @classmethod
    def generate(cls) -> NatsSecrets:
        """Fresh ones."""
        seed: bytes = nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_ACCOUNT)
        return cls(
            sys_password=secrets.token_urlsafe(32),
            auth_password=secrets.token_urlsafe(32),
            provisioner_password=secrets.token_urlsafe(32),
            registry_password=secrets.token_urlsafe(32),
            issuer_seed=seed.decode(),
        )

    @property
    def issuer(self) -> str:
        """The public half of the key that signs admissions."""
        public: bytes = nkeys.from_seed(self.issuer_seed.encode()).public_key
        return public.decode()

    @property
    def callout(self) -> CalloutSecrets:
        """The share of one who lets parties in."""
        return CalloutSecrets(self.auth_password, self.issuer_seed)


def load_or_make_secrets(path: Path) -> NatsSecrets:
    """Those of the file, which is made on first use with mode 0600. Raises BadSettings."""
    if not path.exists():
        write_private(path, msgspec.json.format(msgspec.json.encode(NatsSecrets.generate())) + b"\n")
    advice = "restore it, or remove it and start the broker again"
    return _read(path, NatsSecrets, advice)


def load_callout_secrets(path: Path) -> CalloutSecrets:
    """Those that `overlay part admission` wrote. Raises BadSettings."""
    return _read(path, CalloutSecrets, "make the part again")


def _read(path: Path, kind: type[T], advice: str) -> T:
    try:
        return msgspec.json.decode(read_private(path), type=kind)
    except msgspec.MsgspecError as error:
        raise BadSettings(f"{path} is damaged ({error}): {advice}") from error
