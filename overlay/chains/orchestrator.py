"""All chains that one agent runs: begun, gone on with after a restart, followed, stopped (AG-5)."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from overlay.bell import Bell, within
from overlay.chains.assign import Assign
from overlay.chains.chain import Chain
from overlay.chains.checking import check_chain
from overlay.chains.claim import Claim
from overlay.chains.document import decode_chain, encode_chain
from overlay.chains.driving import Driving
from overlay.chains.gathered import Gathered
from overlay.chains.journal import FILE, ChainOrder, ChainRow, Journal, facts_of, shown
from overlay.chains.layout import Layout
from overlay.chains.plan import plan
from overlay.chains.run import ChainEvent, ChainResult, ChainRun, ChainState
from overlay.chains.showing import ChainShown
from overlay.clock import DAY_S, Clock
from overlay.context.context import Context
from overlay.endpoint.logged import log_error
from overlay.endpoint.message import Handler
from overlay.errors import (
    BadName,
    ChainCancelled,
    ChainFailed,
    NotFound,
    OverlayError,
    Overloaded,
    Refused,
    TooLarge,
    Unreachable,
)
from overlay.settings import Settings

_log = logging.getLogger("overlay.chains")
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,79}\Z")


class Orchestrator:
    """A `Work` of an agent. Its file is made with the first chain."""

    def __init__(self, folder: Path, assign: Assign, settings: Settings, clock: Clock) -> None:
        self._folder = folder
        self._assign = assign
        self._settings = settings
        self._clock = clock
        self._opened: Journal | None = None
        self._closed = False
        self._driving: dict[str, tuple[Driving, asyncio.Task[None]]] = {}
        self._bell = Bell()
        self._broken: asyncio.Queue[tuple[str, BaseException]] = asyncio.Queue()

    # -- the agent's -------------------------------------------------------------------------------------
    async def begin_chain(
        self, chain: Chain, body: bytes, context: Context | None, chain_id: str, *, wait_for_skills: bool
    ) -> ChainRun:
        """See `Agent.run_chain`."""
        if not _ID.match(chain_id):
            raise BadName(
                f"{chain_id[:60]!r} cannot name a chain: up to 80 letters, digits, '.', '_' and '-'"
            )
        check_chain(chain, self._settings)
        order = self._order(chain, body, context, chain_id, waits=wait_for_skills)
        if not self._known(order):
            if len(body) > self._settings.chain_output_bytes:
                raise TooLarge(f"the input has {len(body)} bytes, more than chain_output_bytes: give a file")
            if not wait_for_skills:
                await self._check_skills(chain)
            if len(self._journal.running()) >= self._settings.chains_running:
                raise Overloaded(f"{self._settings.chains_running} chains run here already (chains_running)")
            if not await self._journal.add(order):
                self._known(order)
        self._take(chain_id)
        return ChainRun(chain_id, self)

    def run_of(self, chain_id: str) -> ChainRun:
        """Raises NotFound."""
        self.row(chain_id)
        return ChainRun(chain_id, self)

    def rows(self, most: int = 1000) -> list[ChainRow]:
        """The latest first."""
        return self._journal.rows(most) if self._is_there else []

    def row(self, chain: str) -> ChainRow:
        """Raises NotFound."""
        if not self._is_there:
            raise NotFound(f"there is no chain {chain!r} here: this agent has run none")
        return self._journal.row(chain)

    # -- for a run ---------------------------------------------------------------------------------------
    def state(self, chain: str) -> ChainState:
        """See `Following`."""
        return self.row(chain).state

    def shown(self, chain: str) -> ChainShown:
        """See `Following`."""
        return shown(self.row(chain), self._journal.events(chain))

    async def events(self, chain: str, after: int) -> AsyncIterator[ChainEvent]:
        """See `Following`."""
        self.row(chain)
        while True:
            ticket = self._bell.ticket(chain)
            try:
                for event in self._journal.events(chain, after):
                    after = event.number
                    yield event
                    if event.kind == "finished":
                        return
                if not self._journal.events(chain, after) and self.state(chain) != "running":
                    return
                await within(ticket, self._settings.chain_look_s)
            finally:
                self._bell.drop(chain, ticket)

    async def result(self, chain: str) -> ChainResult:
        """See `Following`."""
        row = self.row(chain)
        while row.state == "running":
            ticket = self._bell.ticket(chain)
            try:
                await within(ticket, self._settings.chain_look_s)
            finally:
                self._bell.drop(chain, ticket)
            row = self._journal.row(chain)
        events = self._journal.events(chain)
        last = events[-1]
        if row.state != "done":
            kind = ChainCancelled if row.state == "cancelled" else ChainFailed
            raise kind(f"the chain {chain!r} has no result: {last.error}")
        return ChainResult(last.output, gathered_of(row.order, events).outputs())

    async def cancel(self, chain: str) -> ChainState:
        """See `Following`."""
        if self.state(chain) == "running":
            await self._journal.ask_stop(chain)
            if chain in self._driving:
                self._driving[chain][0].look()
            async for _ in self.events(chain, 0):
                pass
        return self.state(chain)

    # -- the library's -----------------------------------------------------------------------------------
    @property
    def topics(self) -> Mapping[str, Handler]:
        """None: steps go as tasks do."""
        return {}

    async def begin(self) -> None:
        """Go on with what was begun."""
        self._look_after()

    async def run(self) -> None:
        """Take over what no process of ours works on, until cancelled. Raises what must not happen."""
        forget_at = 0.0
        while True:
            try:
                async with asyncio.timeout(self._settings.chain_takeover_s):
                    chain, error = await self._broken.get()
            except TimeoutError:
                pass
            else:
                if not isinstance(error, OverlayError):
                    raise error
                _log.warning("the chain %s is stuck, and tried again: %s", chain, error)
                await asyncio.sleep(self._settings.chain_look_s)
            self._look_after()
            if self._is_there and self._clock() >= forget_at:
                await self._journal.forget(self._clock() - self._settings.chain_kept_days * DAY_S)
                forget_at = self._clock() + DAY_S / 24

    async def close(self) -> None:
        """Chains stay as they are. Idempotent."""
        self._closed = True
        tasks = [task for _, task in self._driving.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._bell.ring_all()
        if self._opened is not None:
            await self._opened.close()

    # -- inside ------------------------------------------------------------------------------------------
    @property
    def _path(self) -> Path:
        return self._folder / FILE

    @property
    def _is_there(self) -> bool:
        return self._opened is not None or self._path.exists()

    @property
    def _journal(self) -> Journal:
        if self._closed:
            raise Unreachable("this agent left its block: `agent.chain(…)` finds its chains when it is back")
        if self._opened is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._opened = Journal(self._path, self._settings.state_busy_s, log_error)
        return self._opened

    def _order(
        self, chain: Chain, body: bytes, context: Context | None, chain_id: str, *, waits: bool
    ) -> ChainOrder:
        began = self._clock()
        deadline = began + chain.deadline_s if chain.deadline_s else 0.0
        packed = context.encode() if context is not None else b""
        return ChainOrder(chain_id, encode_chain(chain), body, packed, waits, began, deadline)

    def _known(self, order: ChainOrder) -> bool:
        try:
            known = self.row(order.id).order
        except NotFound:
            return False
        if (known.document, known.input, known.context) != (order.document, order.input, order.context):
            raise Refused(f"{order.id!r} is another chain, begun with something else: choose another ID")
        return True

    async def _check_skills(self, chain: Chain) -> None:
        wanted: dict[tuple[str, str], str] = {}
        for place in Layout.of(chain).leaves:
            step = place.step
            wanted.setdefault((step.skill, step.agent), step.id)
            if step.compensate is not None:
                agent = "" if step.compensate.agent == "any" else step.compensate.agent or step.agent
                wanted.setdefault((step.compensate.skill, agent), f"{step.id}, compensate")
        said = await asyncio.gather(*(self._assign.offered(skill, agent) for skill, agent in wanted))
        missing = [f"  step {step!r}: {one}" for step, one in zip(wanted.values(), said, strict=True) if one]
        if missing:
            text = "\n".join(missing)
            raise NotFound(
                f"the chain {chain.name!r} cannot be done now, and was not begun (--wait-for-skills, "
                f"run_chain(…, wait_for_skills=True), waits for who is missing):\n{text}"
            )

    def _look_after(self) -> None:
        if self._is_there:
            for chain in self._journal.running():
                self._take(chain)

    def _take(self, chain: str) -> None:
        if chain in self._driving or self.state(chain) != "running":
            return
        claim = Claim(self._folder, chain)
        if not claim.take():
            return  # another process of ours works on it
        if self.state(chain) != "running":  # and has just ended it
            claim.drop(ended=True)
            return
        driving = Driving(
            self._journal.row(chain).order,
            self._journal,
            self._assign,
            self._settings,
            self._clock,
            lambda: self._bell.ring(chain),
        )
        task = asyncio.create_task(self._drive(chain, driving, claim), name=f"chain {chain}")
        task.add_done_callback(lambda task: self._look_at_end(chain, task))
        self._driving[chain] = (driving, task)

    async def _drive(self, chain: str, driving: Driving, claim: Claim) -> None:
        ended = False
        try:
            await driving.run()
            ended = True
        finally:
            self._driving.pop(chain, None)
            claim.drop(ended=ended)
            self._bell.ring(chain)

    def _look_at_end(self, chain: str, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            self._broken.put_nowait((chain, error))


def gathered_of(order: ChainOrder, events: list[ChainEvent]) -> Gathered:
    """What the steps of a chain gave."""
    layout = Layout.of(decode_chain(order.document, len(order.document)))
    return plan(layout, facts_of(order, events)).gathered
