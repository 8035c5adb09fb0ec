"""Working through a chain that another agent sent: as a task of the skill `chain.run` (AG-4)."""

from __future__ import annotations

import asyncio
from typing import Protocol

import msgspec

from overlay.chains.chain import Chain
from overlay.chains.document import MEDIA_TYPE, decode_chain, encode_chain
from overlay.chains.position import PART
from overlay.chains.run import ChainEvent, ChainRun
from overlay.chains.values import Opaque, body_of, value_of
from overlay.context.context import Context
from overlay.errors import BadInput, TooLarge, Unreachable
from overlay.tasks.result import TaskResult
from overlay.tasks.run import TaskRun

SKILL = "chain.run"
_EVENT_TYPE = "application/json"


class Runs(Protocol):
    """`Agent`, as far as it is needed here."""

    async def run_chain(
        self, chain: Chain | bytes | str, body: object, *, context: Context | None, id: str
    ) -> ChainRun:
        """See there."""


class _Delegation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    chain: msgspec.Raw
    input: msgspec.Raw


class Told(msgspec.Struct, frozen=True, omit_defaults=True):
    """An event of the chain, as whoever gave the task is told it, in JSON."""

    number: int
    kind: str
    step: str = ""
    undo: bool = False
    attempt: int = 0
    agent: str = ""
    outcome: str = ""
    error: str = ""


def delegation(chain: Chain, body: object = b"") -> bytes:
    """What to send to an agent that works through chains of others (`works_chains`) and lets us:
    `task = await agent.start_task("master@b.example", delegation(chain, {"line": 7}), skill="chain.run")`.
    It runs the steps in its own name; what happens are events of the task, its result is the chain's.

    Raises BadInput: the input is neither JSON nor text.
    """
    given = value_of(body) if isinstance(body, bytes) else body
    if isinstance(given, Opaque):
        raise BadInput("the input of a chain that is sent is JSON or text; other things go as files")
    return msgspec.json.encode({"chain": msgspec.Raw(encode_chain(chain)), "input": given})


async def work(run: TaskRun, agent: Runs, most_bytes: int) -> TaskResult:
    """Do it: the handler of `SKILL`. Raises BadInput, TooLarge, ChainFailed, and what `run_chain` raises."""
    chain, given = _decode(run.body, most_bytes)
    begun = await agent.run_chain(chain, given, context=run.context.without(PART), id=run.id)
    try:
        async for event in begun.events(int(run.saved or b"0")):
            if event.kind != "finished":
                await run.progress(_told(event), media_type=_EVENT_TYPE)
                await run.save(str(event.number))
        return TaskResult((await begun.result()).body)
    except Unreachable:  # our own agent is going: it goes on with both when it is back
        await asyncio.Event().wait()
        raise
    except asyncio.CancelledError:
        await begun.cancel()
        raise


def _decode(body: bytes, most_bytes: int) -> tuple[Chain, bytes]:
    if len(body) > 2 * most_bytes:
        raise TooLarge(f"the task has {len(body)} bytes, more than a chain may have (chain_bytes)")
    try:
        said = msgspec.json.decode(body, type=_Delegation)
        given = value_of(bytes(said.input))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(f"a task of {SKILL} is a chain with its input ({MEDIA_TYPE}): {error}") from error
    return decode_chain(bytes(said.chain), most_bytes), body_of(given)


def _told(event: ChainEvent) -> bytes:
    said = msgspec.structs.asdict(event)
    return msgspec.json.encode(Told(**{name: said[name] for name in Told.__struct_fields__}))
