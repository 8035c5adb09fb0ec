"""What the registry is told of an agent's life, and what ends it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from overlay.agent.company import Company
from overlay.agent.presence import Presence
from overlay.errors import OverlayError, Overloaded, Refused, TimedOut
from overlay.registry.approval.held import RegistrationHeld
from overlay.registry.client import RegistryClient
from overlay.registry.protocol import Alive, Registered
from overlay.registry.record import Presence as State
from overlay.registry.record import Profile, Readiness, Status
from overlay.settings import Settings


class FakeRegistry:
    """Answers heartbeats with what it was given, then as if all was well; says what it heard."""

    def __init__(self, *answers: Alive | OverlayError) -> None:
        self.answers = list(answers)
        self.refusals: list[OverlayError] = []
        self.heard: asyncio.Queue[str] = asyncio.Queue()

    async def register(self, _: Profile, *, anew: bool = False) -> Registered:
        self.heard.put_nowait("register anew" if anew else "register")
        if self.refusals:
            raise self.refusals.pop(0)
        return Registered("id", 1)

    async def heartbeat(self, presence: State = State.ONLINE, status: Status | None = None) -> Alive:
        self.heard.put_nowait(presence)
        if status is not None and status.state is not Readiness.READY:
            self.heard.put_nowait(status.state)
        answer = self.answers.pop(0) if self.answers else Alive(known=True, next_s=3600.0)
        if isinstance(answer, OverlayError):
            raise answer
        return answer

    async def hears(self, count: int) -> list[str]:
        async with asyncio.timeout(30):
            return [await self.heard.get() for _ in range(count)]


class DeafRegistry(FakeRegistry):
    """Hears that an agent comes, and never that it goes."""

    async def heartbeat(self, presence: State = State.ONLINE, status: Status | None = None) -> Alive:
        if presence is State.OFFLINE:
            await asyncio.Event().wait()
        return await super().heartbeat(presence, status)


def presence_of(
    registry: FakeRegistry, folder: Path, farewell_s: float = 30.0, wait_s: float = 60.0
) -> Presence:
    settings = Settings(
        heartbeat_retry_s=0.001, farewell_s=farewell_s, registration_poll_s=0.001, registration_wait_s=wait_s
    )
    return Presence(cast("RegistryClient", registry), Profile(), Company(folder), settings)


async def test_an_agent_that_the_registry_forgot_registers_again(tmp_path: Path) -> None:
    registry = FakeRegistry(Alive(known=True, next_s=0.001), Alive(known=False, next_s=3600.0))
    presence = presence_of(registry, tmp_path)
    await presence.begin()
    task = asyncio.create_task(presence.keep())
    assert await registry.hears(4) == ["register", "online", "online", "register"]
    task.cancel()
    await asyncio.wait([task])


async def test_a_heartbeat_that_was_not_heard_is_said_again(tmp_path: Path) -> None:
    registry = FakeRegistry(Alive(known=True, next_s=0.001), TimedOut("nobody there"))
    presence = presence_of(registry, tmp_path)
    await presence.begin()
    task = asyncio.create_task(presence.keep())
    assert await registry.hears(4) == ["register", "online", "online", "online"]
    task.cancel()
    await asyncio.wait([task])


async def test_an_agent_that_is_refused_ends_with_the_reason(tmp_path: Path) -> None:
    registry = FakeRegistry(Alive(known=True, next_s=0.001), Refused("your certificate was withdrawn"))
    presence = presence_of(registry, tmp_path)
    await presence.begin()
    with pytest.raises(Refused, match="withdrawn"):
        await presence.keep()


async def test_only_the_last_process_of_an_agent_says_that_it_goes(tmp_path: Path) -> None:
    registry = FakeRegistry()
    first, second = presence_of(registry, tmp_path), presence_of(registry, tmp_path)
    await first.begin()
    await second.begin()
    await registry.hears(4)
    await first.end()
    assert registry.heard.empty()
    await second.end()
    assert await registry.hears(1) == ["offline"]


async def test_a_registry_that_refuses_the_farewell_does_not_hide_why_the_agent_ended(tmp_path: Path) -> None:
    registry = FakeRegistry(Alive(known=True, next_s=1.0), Refused("withdrawn"))
    presence = presence_of(registry, tmp_path)
    await presence.begin()
    await presence.end()
    assert await registry.hears(3) == ["register", "online", "offline"]


async def test_an_agent_does_not_wait_for_a_registry_that_hears_no_farewell(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    presence = presence_of(DeafRegistry(), tmp_path, farewell_s=0.001)
    await presence.begin()
    async with asyncio.timeout(30):
        await presence.end()
    assert [record.getMessage() for record in caplog.records] == [
        "the registry did not hear within 0.001 s that we go"
    ]


async def test_an_agent_waits_for_its_approval_and_for_a_registry_that_is_full(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    registry = FakeRegistry()
    registry.refusals = [
        *[RegistrationHeld("an administrator decides")] * 2,
        Overloaded("full", 0.001),
        TimedOut("slow"),
    ]
    await presence_of(registry, tmp_path).begin()
    assert await registry.hears(6) == ["register"] * 5 + ["online"]
    said = [record.getMessage() for record in caplog.records]
    assert [line.partition(": ")[2] for line in said] == ["an administrator decides", "full", "slow", ""]
    assert said[-1] == "we are entered now"


async def test_an_agent_that_is_not_approved_in_time_says_so(tmp_path: Path) -> None:
    registry = FakeRegistry()
    registry.refusals = [RegistrationHeld("an administrator decides")]
    with pytest.raises(RegistrationHeld, match="administrator"):
        await presence_of(registry, tmp_path, wait_s=0.0).begin()


async def test_another_state_is_told_at_once_and_another_load_with_the_next_heartbeat(tmp_path: Path) -> None:
    registry = FakeRegistry()
    presence = presence_of(registry, tmp_path)
    await presence.begin()
    await registry.hears(2)
    await presence.report(Status(load=0.5))
    assert registry.heard.empty()
    await presence.report(Status(Readiness.DRAINING))
    assert await registry.hears(2) == ["online", "draining"]
