"""A domain's processes: killed ones come back, and a killed supervisor leaves nothing that is in the way."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator

import psutil
import pytest
import pytest_asyncio

from overlay.agent.agent import Agent
from overlay.brokers.process import ServerProcess
from overlay.domain.child import process_of
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.parts import parts_of
from overlay.domain.residents import resident
from overlay.domain.service import Service
from overlay.domain.status import domain_status
from overlay.endpoint.message import Message
from overlay.errors import OverlayError
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerKind
from tests.live_domain import LIMIT_S, eventually, fresh, passable_folder


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def folder() -> AsyncIterator[DomainFolder]:
    """A domain whose processes may be killed; each test begins and ends with it up."""
    path = passable_folder()
    create_domain(path / "d", Wish("killed.example", BrokerKind.NATS))
    found = DomainFolder.open(path / "d")
    try:
        await Service(found).start()
        yield found
    finally:
        await Service(found).stop()
        await asyncio.to_thread(shutil.rmtree, path)


def processes(folder: DomainFolder) -> dict[str, int | None]:
    found = {part: process_of(folder, part).pid for part in parts_of(BrokerKind.NATS, Settings())}
    return found | {"broker": ServerProcess(folder.broker / "pid", "broker").pid}


def kill(pid: int | None) -> None:
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def is_well(folder: DomainFolder) -> bool:
    return (await domain_status(folder)).well


async def echo_in(folder: DomainFolder) -> Agent:
    echo = Agent(
        await resident(folder, fresh("echo"), ("text.echo",)), settings=load_settings(folder.settings)
    )

    @echo.serves("text.echo")
    async def answer(message: Message) -> bytes:
        return message.body

    return echo


async def answers(asker: Agent, echo: Agent) -> bool:
    try:
        return (await asker.ask(echo.id, "hello", skill="text.echo", timeout_s=2)).body == b"hello"
    except OverlayError:
        return False


@pytest.mark.timeout(300)
async def test_each_killed_part_comes_back_and_the_domain_works(folder: DomainFolder) -> None:
    before = processes(folder)
    async with await echo_in(folder) as echo, Agent(await resident(folder, fresh("asker"), ())) as asker:
        for pid in before.values():
            kill(pid)

        async def all_new() -> bool:
            now = processes(folder)
            return all(now[part] not in (None, before[part]) for part in before)

        await eventually(all_new)
        await eventually(lambda: is_well(folder))
        await eventually(lambda: answers(asker, echo))
    async with await echo_in(folder) as newcomer, Agent(await resident(folder, fresh("asker"), ())) as asker:
        assert await answers(asker, newcomer)


async def test_the_children_of_a_killed_supervisor_end_and_it_goes_up_and_down_again(
    folder: DomainFolder,
) -> None:
    supervisor = ServerProcess(folder.run / "supervisor.pid", "supervisor")
    left = [psutil.Process(pid) for part, pid in processes(folder).items() if pid and part != "broker"]
    assert len(left) == len(parts_of(BrokerKind.NATS, Settings()))
    kill(supervisor.pid)
    assert await Service(folder).start()  # at once, while they are still ending
    assert await is_well(folder)
    async with asyncio.timeout(LIMIT_S):
        await asyncio.to_thread(psutil.wait_procs, left, LIMIT_S)
    assert not any(process.is_running() for process in left)
    kill(supervisor.pid)
    assert await Service(folder).stop()
    assert set(processes(folder).values()) == {None}
    assert not await Service(folder).stop()
    assert await Service(folder).start()


async def test_two_who_bring_it_up_at_once_bring_up_one(folder: DomainFolder) -> None:
    await Service(folder).stop()
    fresh_ones = await asyncio.gather(Service(folder).start(), Service(folder).start())
    assert sorted(fresh_ones) == [False, True]
    assert await is_well(folder)


async def test_the_registry_lives_inside_the_gateways_process_where_that_is_wished(
    folder: DomainFolder,
) -> None:  # REG-8
    await Service(folder).stop()
    with folder.settings.open("a") as lines:
        lines.write("registry_in_gateway = true\n")
    await Service(folder).start()
    async with await echo_in(folder) as echo, Agent(await resident(folder, fresh("asker"), ())) as asker:
        assert await answers(asker, echo)
    assert await is_well(folder)
    pids = [process_of(folder, part).pid for part in ("registry", "gateway")]
    assert pids[0] is not None
    assert pids[0] == pids[1]
