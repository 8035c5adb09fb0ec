"""overlay stream: sent in one shell, taken in another."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from tests.live_domain import LIMIT_S, LiveDomain, done, fresh, overlay, start

pytestmark = pytest.mark.timeout(300)  # it may be the one that starts the domain


async def test_a_file_is_sent_as_a_live_stream(live: LiveDomain, tmp_path: Path) -> None:  # AG-8
    speaker, hearer, home = fresh("speaker"), fresh("hearer"), live.home
    path, out = tmp_path / "voice.raw", tmp_path / "heard.raw"
    path.write_bytes(b"0123456789" * 96)
    options = ("--as", hearer, "--media-type", "audio/*", "--out", str(out), "--once", "--home", home)
    listener = await start("stream", "listen", *options)
    assert listener.stdout is not None
    async with asyncio.timeout(2 * LIMIT_S):
        assert b"takes streams" in await listener.stdout.readline()
    told = ("--to", f"{hearer}@{live.name}", "--media-type", "audio/opus", "--late", "60000")
    sent = await overlay("stream", "send", str(path), "--as", speaker, *told, "--home", home, "--json")
    assert sent.code == 0, sent.err
    assert (json.loads(sent.out)["sent"], json.loads(sent.out)["too_late"]) == (1, 0)
    taken = await done(listener)
    assert taken.code == 0, taken.err
    assert taken.out.startswith(f"{speaker}@{live.name} sent audio/opus: 1 frames")
    assert out.read_bytes() == path.read_bytes()
