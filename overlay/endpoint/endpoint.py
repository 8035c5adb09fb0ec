"""An endpoint: one process of one party, with its broker. The composition of this room."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

from overlay.endpoint.directory import Directory
from overlay.endpoint.message import Handler, Message, Sent, ServiceHandler
from overlay.endpoint.party import Party
from overlay.errors import OverlayError
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.settings import Settings
from overlay.transport.contract import OnError, Transport
from overlay.trust.bundle import TrustStore
from overlay.trust.identity import Identity
from overlay.wire.envelope import Header

Connect = Callable[[Party, OnError], Awaitable[Transport]]
"""How an endpoint reaches its broker; `overlay.endpoint.dial.dial` unless a test says otherwise."""


class Endpoint:
    """One process of one party. Opened with `async with Endpoint.open(party, directory=…) as endpoint`."""

    party: Party
    me: PartyId
    identity: Identity
    settings: Settings
    trust: TrustStore
    """Whom we believe; add, remove and deny here."""
    transport: Transport
    """Our connection, for parts that read more mailboxes (gateway)."""
    slot: str
    """The token of this process."""
    counters: Counter[str]
    """What was dropped or went wrong, by reason."""

    @classmethod
    @asynccontextmanager
    async def open(
        cls,
        party: Party,
        *,
        directory: Directory | None = None,
        connect: Connect | None = None,
        on_error: OnError | None = None,
    ) -> AsyncIterator[Endpoint]:
        """Connects, and closes with the block. Raises Unreachable, Refused, Overloaded (no free slot)."""
        raise NotImplementedError
        yield

    def use_directory(self, directory: Directory) -> None:
        """From now on ask this one: for a directory that itself needs the endpoint (the registry's client)."""
        raise NotImplementedError

    async def send(
        self,
        to: PartyId,
        body: bytes,
        *,
        topic: str = "",
        reliable: bool = False,
        priority: Priority = Priority.NORMAL,
        deadline_s: float | None = None,
        attributes: Mapping[str, str] | None = None,
    ) -> Sent:
        """Send a message that wants no answer. Realtime: returns when the broker took it. Reliable: returns
        when it is stored; `await sent.receipt()` ends when it was handled.

        Raises TooLarge, NotFound, Unavailable (NotStored: the outbox keeps trying).
        """
        raise NotImplementedError

    async def ask(
        self,
        to: PartyId,
        body: bytes,
        *,
        topic: str = "",
        priority: Priority = Priority.NORMAL,
        timeout_s: float | None = None,
        reliable: bool = False,
        attributes: Mapping[str, str] | None = None,
    ) -> Message:
        """Ask, and wait for the reply. Raises what the other side answered, by its reason; TimedOut; the
        same as `send`.
        """
        raise NotImplementedError

    async def ask_service(
        self, service: str, operation: str, body: bytes, *, timeout_s: float | None = None
    ) -> bytes:
        """Ask a service of our domain (`ca`, `registry`). Raises as `ask`."""
        raise NotImplementedError

    async def serve(self, handler: Handler) -> None:
        """Read our agent inbox from now on, realtime and stored; returns when reading has begun. Handlers
        run side by side, at most `Settings.handlers_at_once`. Raises Refused.
        """
        raise NotImplementedError

    async def serve_service(self, service: str, handler: ServiceHandler) -> None:
        """Read the questions to `service` from now on. Raises Refused."""
        raise NotImplementedError

    def report(self, header: Header, error: OverlayError) -> None:
        """Tell the sender of a message that was not handled why, soon and within the limit of complaints.
        For gateways too, which give up on messages of others.
        """
        raise NotImplementedError

    def forget(self, party: PartyId) -> None:
        """Drop keys and card of `party`: its certificate was renewed or revoked."""
        raise NotImplementedError

    def forget_domain(self, domain: str) -> None:
        """Trust `domain` no longer, and drop all keys and cards of its parties."""
        raise NotImplementedError

    async def closed(self) -> None:
        """Returns after the block ended; raises Unreachable when the broker was given up."""
        raise NotImplementedError
