"""Files across domains: with a stranger, and with a gateway that is killed on the way (AG-8)."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.brokers.pid_file import PidFile
from overlay.domain.residents import resident
from overlay.errors import NotPermitted
from tests.integration.conftest import Pair
from tests.integration.people import LIMIT_S, SETTINGS, fresh

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
SIZE = 4 * 1024 * 1024 + 11
QUICK = SETTINGS.model_copy(update={"file_chunk_bytes": 32 * 1024, "file_chunk_s": 3.0})


@pytest.mark.parametrize("pair", ["a-c"], indirect=True)
async def test_a_stranger_fetches_what_it_was_offered_and_a_killed_gateway_stops_nothing(
    pair: Pair, tmp_path: Path
) -> None:  # AG-8, GW-17
    path, got = tmp_path / "trace.pcap", tmp_path / "got.pcap"
    path.write_bytes(os.urandom(SIZE))
    holder = Agent(await resident(pair.near, fresh("holder"), ()), settings=QUICK)
    fetcher = Agent(await resident(pair.far, fresh("fetcher"), ()), settings=QUICK)
    killed: list[int] = []

    def progress(there: int, size: int) -> None:
        if there > size // 4 and not killed:
            process = PidFile(pair.far.run / "gateway.pid").find()
            assert process is not None
            process.kill()
            killed.append(there)

    async with holder, fetcher, asyncio.timeout(5 * LIMIT_S):
        ref = await holder.offer_file(path, to=[fetcher.id])
        assert await fetcher.fetch_file(ref, got, progress=progress) == got
        with pytest.raises(NotPermitted):  # an offer opens the door to files, and to nothing else
            await fetcher.ask(holder.id, b"hello", skill="test.other")
    assert got.read_bytes() == path.read_bytes()
    assert killed
    assert not got.with_name("got.pcap.part").exists()
