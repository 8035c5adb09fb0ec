"""The processes of our gateway, which learn of each other here (GW-23)."""

from __future__ import annotations

from overlay.clock import Clock
from overlay.desk import Desk
from overlay.naming.ids import check_name
from overlay.registry.acts import Acts, Decision
from overlay.registry.peers.gateway_protocol import GatewayAlive, GatewayProcess, GatewayProcesses
from overlay.registry.protocol import Op
from overlay.registry.state import State
from overlay.registry.storage.contract import Entry, Write
from overlay.registry.storage.keys import GATE, key, rest_of
from overlay.settings import Settings
from overlay.trust.identity import Identity, Role
from overlay.wire.request import Nothing, decode_struct, encode_struct

_ALONE = 10
"""How much longer the word of a process counts that has no others: it is written so much less often."""


class Gateways:
    """A table with an entry for each, written when something changed or the last word gets old."""

    def __init__(self, acts: Acts, state: State, settings: Settings, clock: Clock) -> None:
        self._acts = acts
        self._state = state
        self._gone_s = settings.gateway_gone_s
        self._clock = clock
        self._all: dict[str, GatewayProcess] = {}
        state.on(GATE, self._take)

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        desk.on(Op.GATEWAY_ALIVE, (Role.GATEWAY,), GatewayAlive, self._alive)
        desk.on(Op.GATEWAYS, (Role.GATEWAY, Role.OPERATOR), Nothing, self._told)

    def alive(self) -> GatewayProcesses:
        """Those that said so lately."""
        now = self._clock()
        living = (process for process in self._all.values() if process.until > now)
        return GatewayProcesses(tuple(sorted(living, key=lambda process: (process.since, process.process))))

    async def _told(self, _: Identity, __: Nothing) -> GatewayProcesses:
        return self.alive()

    async def _alive(self, _: Identity, ask: GatewayAlive) -> GatewayProcesses:
        check_name(ask.process)
        await self._acts.do(lambda: Decision(None, self._writes(ask)))
        return self.alive()

    def _writes(self, ask: GatewayAlive) -> list[Write]:
        now = self._clock()
        all_others = [process for process in self._all.values() if process.process != ask.process]
        others = [process for process in all_others if not ask.seat or process.seat != ask.seat]
        gone = [process for process in all_others if process not in others or process.until <= now]
        writes = [self._gone(process.process) for process in gone]
        known = self._all.get(ask.process)
        if ask.leaving:
            return [*writes, *([self._gone(ask.process)] if known else ())]
        living = any(process.until > now for process in others)
        lasts_s = self._gone_s * (1 if living else _ALONE)
        since = known.since if known and known.until > now else now
        fresh = GatewayProcess(ask.process, ask.linked, since, now + lasts_s, ask.seat)
        if known is None or known.linked != ask.linked or not _soon(fresh, known, lasts_s):
            stored = key(GATE, ask.process)
            writes.append(Write(stored, encode_struct(fresh), self._state.revision_of(stored)))
        return writes

    def _gone(self, process: str) -> Write:
        stored = key(GATE, process)
        return Write(stored, None, self._state.revision_of(stored))

    def _take(self, entry: Entry) -> None:
        if entry.value is None:
            self._all.pop(rest_of(entry.key), None)
        else:
            process = decode_struct(entry.value, GatewayProcess)
            self._all[process.process] = process


def _soon(fresh: GatewayProcess, known: GatewayProcess, lasts_s: float) -> bool:
    """Whether what is known says about the same."""
    return 0 <= fresh.until - known.until < lasts_s / 3
