"""The administrator's side of registrations: the policy, what waits, what is decided (REG-11)."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from overlay.clock import Clock
from overlay.errors import BadInput, TooLarge
from overlay.naming.ids import PartyId
from overlay.registry.acts import Acts, Decision
from overlay.registry.approval.policy import parse_policy
from overlay.registry.approval.requests import Decision as Decided
from overlay.registry.approval.requests import Request, check_decides
from overlay.registry.approval.rules import RULES_KEY
from overlay.registry.approval.waiting import Waiting, waiting_key
from overlay.registry.state import State
from overlay.registry.storage.contract import Note, Write
from overlay.settings import Settings
from overlay.wire.request import encode_struct

_MAX_WHY = 200


class Approvals:
    """Decisions on what waits. The agent asks again by itself, and is entered then, after all was checked
    again.
    """

    def __init__(self, waiting: Waiting, acts: Acts, state: State, settings: Settings, clock: Clock) -> None:
        self._waiting = waiting
        self._acts = acts
        self._state = state
        self._settings = settings
        self._clock = clock

    async def approve(self, by: PartyId, request_id: str) -> Request:
        """Also what was denied before. Raises NotFound, Refused (approved before), Expired, Conflict,
        Unavailable.
        """

        def decided(request: Request) -> Request:
            now = self._clock()
            return msgspec.structs.replace(request, decision=Decided.APPROVED, decided_at=now, why="")

        return await self._decide(by, "approve", request_id, decided)

    async def deny(self, by: PartyId, request_id: str, why: str) -> Request:
        """What is open; the agent hears `why`. Raises BadInput, and as `approve` does."""
        if not why or len(why) > _MAX_WHY or not why.isprintable():
            raise BadInput(f"why: say in 1 to {_MAX_WHY} printable characters why it is denied")

        def decided(request: Request) -> Request:
            now = self._clock()
            return msgspec.structs.replace(request, decision=Decided.DENIED, decided_at=now, why=why)

        return await self._decide(by, "deny", request_id, decided)

    async def set_policy(self, by: PartyId, text: str) -> None:
        """From now on this counts; empty: every registration that passes the checks does. Entries that are
        there stay. Raises BadSettings, TooLarge, Conflict, Unavailable.
        """
        limit = self._settings.registration_policy_bytes
        data = text.encode()
        if len(data) > limit:
            raise TooLarge(f"the policy has {len(data)} bytes, up to {limit} (registration_policy_bytes)")
        if text:
            parse_policy(text)

        def decide() -> Decision[None]:
            write = self._write(RULES_KEY, data or None)
            return Decision(None, (write,), (Note(str(by), "registration policy", RULES_KEY),))

        await self._acts.do(decide)

    async def _decide(
        self, by: PartyId, what: str, request_id: str, decided: Callable[[Request], Request]
    ) -> Request:
        def decide() -> Decision[Request]:
            request = self._waiting.by_id(request_id)
            new = decided(request)
            check_decides(request, new.decision, self._clock(), self._settings)
            write = self._write(waiting_key(request.name), encode_struct(new))
            about = f"{request.id}, {request.name}{f': {new.why}' if new.why else ''}"
            about += ", denied before" if request.decision is Decided.DENIED else ""
            return Decision(new, (write,), (Note(str(by), f"{what} registration", about),))

        return (await self._acts.do(decide))[0]

    def _write(self, stored: str, data: bytes | None) -> Write:
        return Write(stored, data, self._state.revision_of(stored))
