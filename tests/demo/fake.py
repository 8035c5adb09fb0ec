"""A town without brokers: wires that hand messages over in this process, and can lose or repeat them."""

from __future__ import annotations

from collections.abc import Callable

from overlay.demo.cast import Stage, set_stage
from overlay.demo.story import Story
from overlay.demo.wire import Handle
from overlay.errors import NotFound, TimedOut
from overlay.settings import Settings

Meddle = Callable[[str, bytes], int]
"""How often a message for a skill or topic arrives."""


class FakeTown:
    """All wires of one play."""

    def __init__(self) -> None:
        self.wires: dict[str, FakeWire] = {}
        self.asked: list[str] = []
        """Skills and topics, in order."""
        self.reliable: list[str] = []
        self.lines: list[str] = []
        self.arrives: Meddle = lambda skill, body: 1

    def wire(self, name: str) -> FakeWire:
        return self.wires.setdefault(name, FakeWire(name, self))

    def stage(self, seed: int = 1, **changes: object) -> Stage:
        values: dict[str, object] = {"demo_settle_s": 0.0} | changes
        return set_stage(self.wire, seed, Story(self.lines.append), Settings.model_validate(values))


class FakeWire:
    """One agent's."""

    def __init__(self, name: str, town: FakeTown) -> None:
        self.name = name
        self.town = town
        self.skills: dict[str, Handle] = {}
        self.topics: dict[str, Handle] = {}

    def serves(self, skill: str, handle: Handle) -> None:
        assert skill not in self.skills
        self.skills[skill] = handle

    def subscribes(self, topic: str, handle: Handle) -> None:
        self.topics[topic] = handle

    async def find(self, skill: str) -> str:
        for wire in self.town.wires.values():
            if skill in wire.skills:
                return wire.name
        raise NotFound(f"nobody who is online offers {skill!r}")

    async def ask(self, to: str, skill: str, body: bytes, *, timeout_s: float, reliable: bool) -> bytes:
        self.town.asked.append(skill)
        if reliable:
            self.town.reliable.append(skill)
        answer = None
        for _ in range(self.town.arrives(skill, body)):
            answer = await self.town.wires[to].skills[skill](body)
        if answer is None:
            raise TimedOut(f"{to} did not answer within {timeout_s:g} s")
        return answer

    async def send(self, to: str, skill: str, body: bytes, *, timeout_s: float) -> None:
        await self.ask(to, skill, body, timeout_s=timeout_s, reliable=True)

    async def publish(self, topic: str, body: bytes) -> int:
        self.town.asked.append(topic)
        subscribed = [wire.topics[topic] for wire in self.town.wires.values() if topic in wire.topics]
        for handle in subscribed:
            for _ in range(self.town.arrives(topic, body)):
                await handle(body)
        return len(subscribed)
