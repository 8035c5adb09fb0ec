"""What the CA asks of whoever has the domain's hand on its broker."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from overlay.naming.ids import PartyId
from overlay.trust.identity import Identity


class Intake(Protocol):
    """The domain's hand on its broker: lets parties in, and puts them out."""

    async def take_in(self, identity: Identity) -> None:
        """Make its mailboxes and admit it. Idempotent. Raises Unavailable."""

    async def put_out(self, identity: Identity) -> None:
        """Deny this certificate and end its connections; of a JOIN, remove the mailboxes too (an agent's
        stay: its name may be certified again). Idempotent. Raises Unavailable.
        """

    async def change_reading(self, name: str, gone: Sequence[PartyId]) -> None:
        """Let agent `name` read the channels that the CA's store says, and no more those in `gone`.
        Idempotent. Raises Unavailable.
        """

    async def come_again(self, name: str, serials: Sequence[int], *, at_once: bool) -> None:
        """See `Admission.come_again`. Raises Unavailable."""
