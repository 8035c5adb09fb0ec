"""Two agents in memory, one of which reaches the other over the broker or over HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from overlay.agent.handlers import Handlers
from overlay.carriers.carriers import Carriers
from overlay.carriers.methods import Methods
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Unavailable
from overlay.policy.access import AccessPolicy
from overlay.registry.record import Interface
from tests.memory_domain import MemoryDomain

LIMIT_S = 30.0


@dataclass
class Pair:
    """`alice` asks, `bob` serves."""

    alice: Endpoint
    bob: Endpoint
    serving: Carriers
    address: str
    handled: list[bytes] = field(default_factory=list)
    broken: int = 0
    """How often the next message of `flaky` fails."""

    async def echo(self, message: Message) -> bytes:
        self.handled.append(message.body)
        return message.body

    async def flaky(self, message: Message) -> bytes:
        self.handled.append(message.body)
        if self.broken:
            self.broken -= 1
            raise Unavailable("not now")
        return b"done"

    async def picky(self, message: Message) -> bytes:
        raise BadInput(f"{message.text} is not what is wanted")

    async def broken_one(self, message: Message) -> bytes:
        raise RuntimeError(f"secret: {message.id.hex()}")

    async def who(self, message: Message) -> bytes:
        return f"{message.sender} {sorted(message.attributes.items())}".encode()


def methods() -> Methods:
    """A skill by JSON-RPC."""
    made = Methods()

    @made.method("add")
    async def add(message: Message, one: int, two: int) -> int:
        return one + two

    @made.method("refuse")
    async def refuse(message: Message) -> None:
        raise Unavailable("later")

    @made.method("break")
    async def broken(message: Message) -> None:
        raise RuntimeError("secret")

    return made


@asynccontextmanager
async def pair(domain: MemoryDomain, folder: Path, *, http: bool = True) -> AsyncIterator[Pair]:
    """With `http` alice reaches bob so; bob serves it in any case."""
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        told: list[Interface] = []

        async def tell(interface: Interface) -> None:
            told.append(interface)

        serving, using = Carriers(bob, folder), Carriers(alice, folder)
        handlers = Handlers()
        address = await serving.serve("127.0.0.1:0", (), "", tell)
        made = Pair(alice, bob, serving, address)
        for skill, handle in (
            ("echo", made.echo),
            ("flaky", made.flaky),
            ("picky", made.picky),
            ("broken", made.broken_one),
            ("who", made.who),
            ("rpc", methods()),
            ("closed", made.echo),
        ):
            handlers.add_skill(skill, handle)
        bob.gate.means = handlers.means
        bob.gate.policy = AccessPolicy(closed=("closed",))
        await bob.serve(handlers)
        if http:
            await using.use(bob.me, address)
        running = asyncio.create_task(serving.run())
        try:
            yield made
        finally:
            running.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await running
            await using.close()
            await serving.close()
