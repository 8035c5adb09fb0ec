"""Where in a chain a task is: carried in its message, in whatever way that goes (AG-4). Pure."""

from __future__ import annotations

import hashlib

import msgspec

from overlay.chains.chain import Chain
from overlay.chains.document import decode_chain, encode_chain
from overlay.chains.facts import Unit
from overlay.context.context import Context
from overlay.context.part import Part
from overlay.errors import BadInput

PART = "overlay.chain"
"""The part of the context in which it is, and its kind."""


class Position(msgspec.Struct, frozen=True, omit_defaults=True):
    """`position = position_of(run.context)`, in the handler of a task."""

    chain: str
    """The ID of the run."""
    name: str
    """What the chain is called."""
    step: str
    number: int
    """Of this step among all, from 1, as they are written."""
    steps: int
    rounds: tuple[int, ...] = ()
    attempt: int = 1
    undo: bool = False
    """Take back what was done."""
    document: str = ""
    """The chain itself, where it says so (`carried`)."""

    @property
    def whole(self) -> Chain | None:
        """The chain that it is a step of, if it was sent with it. Raises BadInput."""
        return decode_chain(self.document, len(self.document.encode())) if self.document else None


def with_position(context: Context, position: Position) -> Context:
    """The context of a task that is a step."""
    return context.put(Part(PART, PART, msgspec.to_builtins(position)))


def position_of(context: Context) -> Position | None:
    """Where in a chain a task is, by its context: `position_of(run.context)`; None: in none.

    Raises BadInput: somebody wrote something else there.
    """
    if PART not in context:
        return None
    try:
        return msgspec.convert(context[PART].data, Position)
    except msgspec.ValidationError as error:
        raise BadInput(f"this is no position in a chain: {error}") from error


def document_of(chain: Chain) -> str:
    """For `Position.document`; empty where the chain does not say that it is carried."""
    return encode_chain(chain).decode() if chain.carried else ""


def task_of(chain: str, unit: Unit, attempt: int) -> str:
    """The ID of a task: the same whenever it is asked for, so that nothing is started twice."""
    said = "\0".join((chain, unit.key, "undo" if unit.undo else "do", str(attempt)))
    return hashlib.sha256(said.encode()).hexdigest()[:32]
