"""Applications that an administrator decides, from the command line, on a NATS domain of their own."""

from __future__ import annotations

import asyncio
import json
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.service import Service
from overlay.transport.address import BrokerKind
from tests.live_domain import LIMIT_S, Done, done, fresh, overlay, passable_folder, start

POLICY = """
unknown = "hold"
approve = "automatic"
[organisations.""]
skills = ["text"]
"""


class StrictDomain:
    """It holds who names an organisation."""

    def __init__(self, folder: DomainFolder) -> None:
        self.home = ("--home", str(folder.path))

    async def ca(self, *words: str) -> Done:
        return await overlay("ca", *words, *self.home)

    async def token(self, name: str) -> str:
        made = await self.ca("token", name, "--skill", "text")
        assert made.code == 0, made.err
        return made.out.strip()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def strict() -> AsyncIterator[StrictDomain]:
    path = passable_folder()
    create_domain(path / "strict", Wish("strict.example", BrokerKind.NATS))
    folder = DomainFolder.open(path / "strict")
    folder.policy.write_text(POLICY)
    service = Service(folder)
    try:
        await service.start()
        yield StrictDomain(folder)
    finally:
        await service.stop()
        await asyncio.to_thread(shutil.rmtree, path)


async def joining(folder: Path, *words: str, token: str = "") -> asyncio.subprocess.Process:
    words = ("agent", "join", str(folder), *words)
    return await start(*words, OVERLAY_JOIN_RETRY_S="0.2", OVERLAY_JOIN_TOKEN=token)


async def heard_of(process: asyncio.subprocess.Process) -> str:
    """The ID of the request of which the newcomer was told."""
    assert process.stderr is not None
    async with asyncio.timeout(LIMIT_S):
        line = (await process.stderr.readline()).decode()
    assert "for the operator to decide" in line
    return line.partition("is request ")[2].partition(",")[0]


async def test_a_newcomer_waits_is_restarted_and_joins_when_it_is_approved(
    strict: StrictDomain, tmp_path: Path
) -> None:  # CA-1, CA-2
    name, folder = fresh("held"), tmp_path / "agent"
    first = await joining(folder, "--organisation", "Söhne & Co", token=await strict.token(name))
    request = await heard_of(first)
    first.send_signal(signal.SIGINT)
    assert (await done(first)).code == 130
    shown = json.loads((await strict.ca("requests", "--json")).out)["requests"]
    assert [(one["name"], one["asked"]["organisation"]) for one in shown if one["id"] == request] == [
        (name, "Söhne & Co")
    ]
    again = await joining(folder)
    approved = await strict.ca("approve", request, "--skill", "text.echo")
    assert (approved.code, name in approved.out) == (0, True)
    end = await done(again)
    assert (end.code, "is a member" in end.out) == (0, True)
    told = json.loads((await strict.ca("status", name, "--json")).out)
    assert (told["state"], told["skills"], told["organisation"]) == ("valid", ["text.echo"], "Söhne & Co")
    assert not list(folder.glob("joining.*"))
    verified = await strict.ca("audit", "--verify")
    assert (verified.code, verified.out.count("entries, head")) == (0, 2)


async def test_a_newcomer_hears_why_it_was_denied(strict: StrictDomain, tmp_path: Path) -> None:  # CA-2
    name, folder = fresh("denied"), tmp_path / "agent"
    newcomer = await joining(folder, "--organisation", "Evil", token=await strict.token(name))
    request = await heard_of(newcomer)
    denied = await strict.ca("deny", request, "--why", "no contract with us")
    assert denied.code == 0, denied.err
    end = await done(newcomer)
    assert (end.code, "no contract with us" in end.err) == (1, True)
    assert not folder.exists()
