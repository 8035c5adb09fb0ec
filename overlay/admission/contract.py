"""What a domain asks of whoever lets parties in to its broker."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from overlay.trust.identity import Role


class Door(Protocol):
    """Lets in who holds a certificate of this domain that is not denied, with what its role may do there, and
    nobody else. It refuses whenever it is not sure.
    """

    @property
    def refusals(self) -> Counter[str]:
        """How many were refused, by reason."""

    async def start(self) -> None:
        """Returns when parties can come in. Raises Unreachable, BadSettings."""

    async def closed(self) -> None:
        """Returns after `stop`; raises Unreachable when the broker was lost for too long."""

    async def stop(self) -> None:
        """Let nobody else in; who is in stays. Idempotent."""


class Admission(Door, Protocol):
    """The door of the CA's process, which also says who may come in, and puts out who may not."""

    async def admit(self, name: str, role: Role, peer: str = "") -> None:
        """This party may come in from now on, with its certificate. Idempotent. Raises Unavailable."""

    async def expel(self, name: str, serial: int) -> None:
        """Deny the certificate `serial` of party `name` and close its connections, and no other party's:
        when this returns none is open, and one that was just being admitted is closed at once. NATS spares
        connections of the same party that came with another certificate. Idempotent. Raises Unavailable:
        then call it again.
        """

    async def come_again(self, name: str, serials: Sequence[int], *, at_once: bool) -> None:
        """Agent `name`, who holds these certificates, may read less than before: where a broker looks at that
        only when a connection begins, close those that are open now (`at_once`, else after
        `Settings.channel_leave_s`; they may come back). Raises Unavailable.
        """
