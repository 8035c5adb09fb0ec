"""The desk of a service: which operations there are, who may ask for them, and how a question is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from typing import Protocol, TypeVar

import msgspec

from overlay.audit import DONE
from overlay.endpoint.message import ServiceRequest
from overlay.errors import NotFound, OverlayError, Refused, Untrusted
from overlay.trust.identity import Identity, Role
from overlay.wire.request import decode_struct, encode_struct

Q = TypeVar("Q", bound=msgspec.Struct)
_Run = Callable[[Identity, bytes], Awaitable[bytes]]
_NOTED = 2000
"""Characters of a refusal in the audit log: it may repeat what was asked."""
EVERYBODY = frozenset({Role.AGENT, Role.SERVICE, Role.GATEWAY, Role.OPERATOR})


class Notebook(Protocol):
    """Where questions and refusals are noted for the audit log: that of the CA, or of the registry."""

    def note(self, who: str, what: str, about: str, outcome: str = DONE) -> None:
        """Raises Unavailable when there is no room for it."""
        ...


class Desk:
    """Takes questions: checks the role, reads the body, calls the operation, audits refusals."""

    def __init__(self, service: str, domain: str, audit: Notebook, *, refusals: bool = True) -> None:
        """`refusals`: whether those of operations are audited here; of a missing role they always are."""
        self._service = service
        self._domain = domain
        self._audit = audit
        self._refusals = refusals
        self._operations: dict[str, tuple[frozenset[Role], _Run]] = {}

    def on(
        self,
        operation: str,
        roles: Collection[Role],
        question: type[Q],
        handler: Callable[[Identity, Q], Awaitable[msgspec.Struct]],
    ) -> None:
        """`operation` is for `roles`, asked with a `question`, and answered by `handler`."""

        async def run(sender: Identity, body: bytes) -> bytes:
            return encode_struct(await handler(sender, decode_struct(body, question)))

        self._operations[str(operation)] = (frozenset(roles), run)

    async def handle(self, request: ServiceRequest) -> bytes:
        """The answer's bytes. Raises BadInput, Refused, Unavailable, which reach the asker as they are."""
        run = self._permitted(request)
        try:
            return await run(request.sender, request.body)
        except OverlayError as error:
            if self._refusals:
                self._refused(request, error)
            if isinstance(error, Untrusted):
                raise Refused(f"{error.reason}: {error}") from error
            raise

    def asked(self, who: Identity, what: str, about: str) -> None:
        """Audit a question that changes nothing."""
        self._audit.note(str(who.party), what, about, DONE)

    def _permitted(self, request: ServiceRequest) -> _Run:
        try:
            return self._find(request.operation, request.sender)
        except Refused as error:
            self._refused(request, error)
            raise

    def _find(self, operation: str, sender: Identity) -> _Run:
        found = self._operations.get(operation)
        if found is None:
            known = ", ".join(sorted(self._operations))
            raise NotFound(f"{self._service} has no operation {operation!r}; it has {known}")
        roles, run = found
        if sender.party.domain != self._domain or sender.role not in roles:
            wanted = " or ".join(sorted(roles))
            raise Refused(
                f"permission: {operation!r} is for {wanted} of {self._domain}, "
                f"{sender.party} is {sender.role}"
            )
        return run

    def _refused(self, request: ServiceRequest, error: OverlayError) -> None:
        who = str(request.sender.party)
        self._audit.note(who, request.operation, self._service, f"{error.reason}: {error}"[:_NOTED])
