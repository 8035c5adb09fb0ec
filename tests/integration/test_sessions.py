"""Sessions over two domains, on both brokers; participants and the service are killed on the way."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.ca.protocol import Reason
from overlay.domain.child import process_of
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.residents import resident
from overlay.errors import OverlayError
from overlay.naming.ids import SESSIONS, PartyId
from overlay.sessions.protocol import Kind
from overlay.sessions.session import Session
from tests.integration.conftest import Federation
from tests.integration.people import FRIENDS, LIMIT_S, SETTINGS, fresh
from tests.sessions.participant import STOP

PATIENT = SETTINGS.model_copy(update={"session_answer_s": 2.0, "session_wait_s": 3.0})
KILL_PARTICIPANT, KILL_SERVICE = (2, 5), (5,)
"""When so many echoes were heard: one alone, and both at once."""
SAYINGS = 7


async def _start(home: Path, session: str) -> Process:
    command = [sys.executable, "-m", "tests.sessions.participant", str(home), session]
    return await asyncio.create_subprocess_exec(*command, stdout=PIPE)


async def _kill_service(folder: DomainFolder) -> None:
    """The supervisor starts it again."""
    process = process_of(folder, SESSIONS)
    async with asyncio.timeout(2 * LIMIT_S):
        while not process.running():
            await asyncio.sleep(0.05)
    pid = process.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)


async def test_killed_at_any_time_participants_and_service_go_on_where_they_were(  # AG-2, AG-10
    federation: Federation,
) -> None:
    home, far = "c", "a"
    ours = await resident(federation[home], fresh("initiator"), ())
    theirs = await resident(federation[far], fresh("participant"), ())
    async with Agent(ours, settings=PATIENT, access=FRIENDS) as initiator:
        invited = f"{theirs.name}@{far}.example"
        session = await initiator.open_session(fresh("case"), invite=[invited], idle_s=3600)
        process = await _start(theirs, str(session.id))
        ahead = asyncio.Semaphore(3)  # so that nobody is at the end when it is killed
        speaking = asyncio.create_task(_speak(session, ahead))
        echoes: list[str] = []
        async with asyncio.timeout(3 * LIMIT_S):
            async for event in session.events():
                if event.kind is not Kind.SAID or event.sender == initiator.id:
                    continue
                echoes.append(event.text)
                ahead.release()
                if len(echoes) in KILL_PARTICIPANT:
                    process.kill()
                    await process.communicate()
                    process = await _start(theirs, str(session.id))
                if len(echoes) in KILL_SERVICE:
                    await _kill_service(federation[home])
                if event.text == f"echo {STOP}":
                    break
            await speaking
            out, _ = await process.communicate()
        expected = [*(f"saying {number}" for number in range(SAYINGS)), STOP]
        assert json.loads(out) == expected
        assert echoes == [f"echo {word}" for word in expected]
        last = (await session.refresh()).last
        numbers = [event.number async for event in session.events(0, upto=last)]
        assert numbers == list(range(1, last + 1))
        await session.end("all was heard")


async def _speak(session: Session, ahead: asyncio.Semaphore) -> None:
    for number in range(SAYINGS):
        await ahead.acquire()
        await session.say(f"saying {number}", id=f"saying {number}")
    await ahead.acquire()
    await session.say(STOP, id=STOP)


async def test_deputy_goes_on_without_the_initiator_and_a_revoked_participant_is_out(  # AG-1, CA-8
    federation: Federation,
) -> None:
    folder = federation["a"]
    homes = [await resident(folder, fresh(word), ()) for word in ("initiator", "deputy", "late", "bad")]
    async with Agent(homes[1], settings=PATIENT, access=FRIENDS) as deputy:
        async with Agent(homes[0], settings=PATIENT, access=FRIENDS) as initiator:
            name = fresh("case")
            invited = [f"{one.name}@a.example" for one in homes[1:]]
            session = await initiator.open_session(name, invite=invited, deputies=[str(deputy.id)])
            theirs = await deputy.join_session(session.id)
            await session.say("one")
            joined = asyncio.Event()
            watching = asyncio.create_task(_watch(homes[3], session.id, joined))
            async with asyncio.timeout(LIMIT_S):
                await joined.wait()
        await theirs.say("two")
        async with Agent(homes[2], settings=PATIENT) as late:  # the initiator is away
            latecomer = await late.join_session(theirs.id)
            last = (await latecomer.refresh()).last
            said = [event.text async for event in latecomer.events(0, upto=last) if event.kind is Kind.SAID]
            assert said == ["one", "two"]
            async with operator(folder) as hand:
                await hand.ca.revoke(Reason.RETIRED, name=homes[3].name)
            async with asyncio.timeout(LIMIT_S):
                with pytest.raises((OverlayError, ExceptionGroup)):
                    await watching
                async for event in latecomer.events(last):
                    if event.kind is Kind.LEFT and event.sender == PartyId(homes[3].name, "a.example"):
                        break
            await theirs.end("enough")


async def _watch(home: Path, name: PartyId, joined: asyncio.Event) -> None:
    async with Agent(home, settings=PATIENT) as agent:
        session = await agent.join_session(name)
        joined.set()
        async for _ in session.events():
            pass
