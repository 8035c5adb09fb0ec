"""What the operator tells the supervisor to do with the gateway's processes, by two files in its folder."""

from __future__ import annotations

import asyncio
import secrets
from enum import StrEnum
from pathlib import Path
from typing import TypeVar

import msgspec

from overlay.domain.child import SUPERVISOR, process_of
from overlay.domain.folder import DomainFolder
from overlay.domain.parts import gateways
from overlay.errors import BadSettings, Failed, Refused, TimedOut
from overlay.private_files import read_private, write_private
from overlay.settings import load_settings
from overlay.wire.malformed import MALFORMED

T = TypeVar("T", bound=msgspec.Struct)
_LOOK_AGAIN_S = 0.1


class Act(StrEnum):
    """What to do."""

    SCALE = "scale"
    """To so many processes."""
    RESTART = "restart"
    """One after another."""


class Order(msgspec.Struct, frozen=True):
    """From the operator."""

    id: str
    act: Act
    processes: int


class Done(msgspec.Struct, frozen=True):
    """The supervisor's answer to the order `id`."""

    id: str
    failure: str = ""


class GatewayOrders:
    """The supervisor's side: `next`, then `done`. What was ordered before it started is forgotten."""

    def __init__(self, folder: DomainFolder) -> None:
        self._order, self._done = _files(folder)
        self._last = ""
        order = self.next()
        self._last = order.id if order else ""

    def next(self) -> Order | None:
        """One that is not done."""
        if not self._order.exists():
            return None
        order = _read(self._order, Order)
        return None if order.id == self._last else order

    def done(self, order: Order, failure: str) -> None:
        """Empty: all went well."""
        self._last = order.id
        write_private(self._done, msgspec.json.encode(Done(order.id, failure)))


async def give_order(folder: DomainFolder, act: Act, processes: int) -> None:
    """Returns when it is carried out. Raises Failed with what went wrong; Refused while the domain is down;
    TimedOut.
    """
    if not any(process_of(folder, part).running() for part in (SUPERVISOR, *gateways(1))):
        raise Refused("the domain is down: `overlay up` starts it")
    settings = load_settings(folder.settings)
    one_s = settings.service_start_timeout_s + settings.service_stop_timeout_s
    limit_s = one_s * (max(processes, settings.gateway_processes) + 2)
    order = Order(secrets.token_hex(8), act, processes)
    file, answer = _files(folder)
    write_private(file, msgspec.json.encode(order))
    try:
        async with asyncio.timeout(limit_s):
            while True:
                done = _read(answer, Done) if answer.exists() else None
                if done is not None and done.id == order.id:
                    break
                await asyncio.sleep(_LOOK_AGAIN_S)
    except TimeoutError as error:
        raise TimedOut(f"the supervisor did not do it within {limit_s:g} s: see its log") from error
    if done.failure:
        raise Failed(done.failure)


def _files(folder: DomainFolder) -> tuple[Path, Path]:
    return folder.run / "gateway.order", folder.run / "gateway.done"


def _read(file: Path, shape: type[T]) -> T:
    try:
        return msgspec.json.decode(read_private(file), type=shape)
    except MALFORMED as error:
        raise BadSettings(f"{file} is malformed: remove it") from error
