"""The policy in the domain's folder, as it is at each decision: changes count without a restart."""

from __future__ import annotations

import hashlib
import logging
from pathlib import Path

from overlay.ca.applications.policy import Policy, parse_policy
from overlay.errors import BadSettings, Unavailable
from overlay.text_file import why_unreadable

_log = logging.getLogger("overlay.ca")


def read_policy(path: Path) -> Policy | None:
    """What the file says; None where there is no file. Raises BadSettings."""
    data = _read(path)
    return None if data is None else _parse(path, data)


class PolicyFile:
    """What the CA decides by. A broken file decides nothing, and neither does one that went away while the
    CA runs (an editor may be about to write it): what is weaker counts from the CA's next start only.
    """

    def __init__(self, path: Path | None) -> None:
        """None: there is none and never will be one."""
        self._path = path
        self._seen = path is not None and path.exists()
        self._data: bytes | None = None
        self._policy: Policy | None = None

    def current(self) -> Policy | None:
        """None: whoever holds a join token is accepted. Raises Unavailable, for newcomers to read."""
        if self._path is None:
            return None
        try:
            return self._load(self._path)
        except BadSettings as error:
            _log.error("the CA decides no application: %s", error)
            raise Unavailable(
                "policy: the CA's policy file cannot be used, so it decides nothing. Its operator finds out "
                "why with `overlay ca policy`; then apply again"
            ) from error

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the file that counts, hexadecimal; empty: none does."""
        return "" if self._data is None else hashlib.sha256(self._data).hexdigest()

    def _load(self, path: Path) -> Policy | None:
        data = _read(path)
        if data is None:
            if self._seen:
                raise BadSettings(f"{path} is gone: put it back, or restart the CA to do without a policy")
            return None
        self._seen = True
        if data != self._data:
            self._data = None
            self._policy = _parse(path, data)
            self._data = data
        return self._policy


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        if path.is_symlink():
            raise BadSettings(f"{path} leads nowhere: make what it names, or remove it") from error
        return None
    except OSError as error:
        raise BadSettings(f"{path} cannot be read: {error.strerror}") from error


def _parse(path: Path, data: bytes) -> Policy:
    try:
        return parse_policy(data.decode())
    except UnicodeDecodeError as error:
        raise BadSettings(f"{path} cannot be read: {why_unreadable(error)}") from error
    except BadSettings as error:
        raise BadSettings(f"{path} is wrong: {error}") from error
