"""What an agent's folder holds while it becomes a member: so that it can be ended and started again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from overlay.ca.applications.held import Held
from overlay.ca.applications.join_token import JoinToken, parse_token, print_token
from overlay.errors import BadSettings
from overlay.private_files import read_private, write_private
from overlay.trust.keys import SigningKey
from overlay.wire.malformed import MALFORMED


class HeldJoin(msgspec.Struct, frozen=True):
    """An application that an administrator decides."""

    token: str
    """The join token, as text."""
    request: str
    enrolment: bytes
    """The certificate with which to ask again, DER."""


class Joining:
    """`joining.key` is the agent's future key, `joining.held` the application that waits."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = folder / "joining.key"
        self._held = folder / "joining.held"

    @property
    def begun(self) -> bool:
        """Whether there was an application before."""
        return self._key.exists()

    def key(self) -> SigningKey:
        """The same when it is tried again: the CA answers a spent token to the same key once more.

        Raises BadSettings when others may read it.
        """
        if not self._key.exists():
            write_private(self._key, SigningKey.generate().to_pem())
        return SigningKey.from_pem(read_private(self._key))

    def held(self) -> HeldJoin | None:
        """The application that waits. Raises BadSettings."""
        if not self._held.exists():
            return None
        try:
            return msgspec.json.decode(read_private(self._held), type=HeldJoin)
        except MALFORMED as error:
            raise BadSettings(f"{self._held} is damaged ({error}): remove it, and use a new token") from error

    def token(self) -> JoinToken | None:
        """That of the application that waits. Raises BadSettings, BadInput."""
        held = self.held()
        return parse_token(held.token) if held else None

    def hold(self, token: JoinToken, held: Held) -> None:
        """Remember that it waits."""
        kept = HeldJoin(print_token(token), held.request, held.enrolment)
        if kept != self.held():
            write_private(self._held, msgspec.json.encode(kept))

    def begin(self, token: JoinToken) -> None:
        """With this token. Whatever waited with another one is forgotten, with its key."""
        held = self.held()
        if held is not None and held.token != print_token(token):
            self.forget()

    def forget(self) -> None:
        """Everything."""
        self._held.unlink(missing_ok=True)
        self._key.unlink(missing_ok=True)

    def give_up(self) -> None:
        """Everything, and the folder if nothing else is in it."""
        self.forget()
        if not any(self._folder.iterdir()):
            self._folder.rmdir()
