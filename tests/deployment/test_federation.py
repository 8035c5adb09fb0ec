"""The two domains of compose.yaml, on brokers that are started from the files written for their operators."""

from __future__ import annotations

import asyncio
import shutil
import stat
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence

import pytest
import pytest_asyncio

from overlay import Agent, Message
from overlay.brokers.account import Account
from overlay.brokers.ports import free_port
from overlay.brokers.programs import find_nats_server
from overlay.brokers.rabbitmq_program import find_epmd, find_rabbitmq_server
from overlay.ca.protocol import MakeToken, Reason
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.status import domain_status
from overlay.errors import Unreachable
from tests.deployment.composed import Composed
from tests.rabbitmq_live import passable_folder

pytestmark = pytest.mark.timeout(300)  # two domains and their brokers come up in the first
_LIMIT_S = 60.0


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def composed() -> AsyncIterator[Composed]:
    folder = passable_folder()
    ports = {name: str(free_port()) for name in ("A_PORT", "B_PORT", "B_MANAGEMENT_PORT")}
    epmd, account = str(free_port()), Account.for_servers()
    rabbitmq = find_rabbitmq_server()
    (folder / "none").touch()
    foreign = {
        "ERL_EPMD_PORT": epmd,
        "RABBITMQ_DIST_PORT": str(free_port()),
        "RABBITMQ_CONF_ENV_FILE": str(folder / "none"),
        "RUNNING_UNDER_SYSTEMD": "true",  # the script becomes the server: one process to end
    }
    programs = {
        "nats-server": [str(find_nats_server())],
        "rabbitmq-server": account.command([str(rabbitmq)]),
        "rabbitmq-diagnostics": account.command([str(rabbitmq.with_name("rabbitmq-diagnostics"))]),
        "nc": [sys.executable, "-c", _CONNECT],
    }
    hosts = {"A_HOST": "localhost", "B_HOST": "localhost"}
    mapper = await asyncio.create_subprocess_exec(
        str(find_epmd()), "-port", epmd, "-address", "127.0.0.1", stderr=subprocess.DEVNULL
    )
    try:
        async with Composed(folder, {**hosts, **ports}, programs, foreign) as found:
            yield found
    finally:
        mapper.terminate()
        await mapper.wait()
        await asyncio.to_thread(shutil.rmtree, folder)


_CONNECT = "import socket, sys; socket.create_connection((sys.argv[2], int(sys.argv[3])), 5).close()"


async def joined(composed: Composed, side: str, name: str, *skills: str, access: Sequence[str] = ()) -> Agent:
    """An agent with a home of its own, and a token of the operator's."""
    folder = DomainFolder.open(composed.volume(f"{side}-operator") / "home")
    async with operator(folder) as hand:
        token = await hand.ca.token(MakeToken(name, skills))
    return Agent(composed.volume(name), token=token, access=access)


async def found(agent: Agent, skill: str) -> None:
    """Returns when the agent's registry knows somebody with the skill."""
    async with asyncio.timeout(_LIMIT_S):
        while not (await agent.discover(skill)).matches:
            await asyncio.sleep(0.1)


async def test_an_agent_on_one_broker_answers_an_agent_on_the_other(composed: Composed) -> None:
    echo = await joined(composed, "b", "echo", "text.echo", access=["a.example"])

    @echo.serves("text.echo")
    async def answer(message: Message) -> bytes:
        return b"you said: " + message.body

    async with echo, await joined(composed, "a", "alice") as alice:
        await found(alice, "text.echo")
        heard = await alice.ask("text.echo", b"hello", timeout_s=30)
    assert (heard.body, str(heard.sender)) == (b"you said: hello", "echo@b.example")


async def test_the_session_service_that_joined_by_its_token_records_what_is_said(  # AG-1
    composed: Composed,
) -> None:
    for side in ("a", "b"):
        agents = composed.volume(f"{side}-sessions") / "home" / "agents"
        assert stat.S_IMODE((agents / "sessions.token").stat().st_mode) == 0o600
        async with await joined(composed, side, f"speaker-{side}") as speaker:
            session = await speaker.open_session("case-7")
            number = await session.say(b"the line is dead")
            async with asyncio.timeout(_LIMIT_S):
                async for event in session.events(after=0):
                    if event.number == number:
                        assert event.body == b"the line is dead"
                        break


async def test_the_operators_parts_say_that_everything_serves(composed: Composed) -> None:
    for side in ("a", "b"):
        folder = DomainFolder.open(composed.volume(f"{side}-operator") / "home")
        async with asyncio.timeout(_LIMIT_S):
            while [peer.state for peer in (await domain_status(folder)).peers] != ["linked"]:
                await asyncio.sleep(0.1)
        status = await domain_status(folder)
        assert status.well, status


async def test_a_rabbitmq_that_sees_the_list_turns_a_revoked_certificate_away(composed: Composed) -> None:
    async with await joined(composed, "b", "mallory"):
        pass
    folder = DomainFolder.open(composed.volume("b-operator") / "home")
    async with operator(folder) as hand:
        ended = await hand.ca.revoke(Reason.WITHDRAWN, name="mallory")
    assert not ended.pending
    composed.volume("mallory").rename(composed.volume("old"))
    async with await joined(composed, "b", "mallory"):  # the name is good again
        with pytest.raises(Unreachable):
            async with Agent(composed.volume("old")):
                pass
