"""overlay file: offered in one shell, fetched in another."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from overlay.domain.residents import resident
from tests.live_domain import LIMIT_S, LiveDomain, fresh, overlay, start

pytestmark = pytest.mark.timeout(300)  # it may be the one that starts the domain


async def test_a_file_is_offered_listed_and_fetched(live: LiveDomain, tmp_path: Path) -> None:  # AG-8
    holder, fetcher, home = fresh("holder"), fresh("fetcher"), live.home
    path, inbox = tmp_path / "trace.txt", tmp_path / "inbox"
    path.write_bytes(b"0123456789" * 20_000)
    await resident(live.folder, fetcher, ())
    to = ("--to", f"{fetcher}@{live.name}")
    offer = await start("file", "offer", str(path), "--as", holder, *to, "--home", home)
    assert offer.stdout is not None
    try:
        async with asyncio.timeout(2 * LIMIT_S):
            ref = (await offer.stdout.readline()).decode().strip()
        got, listed = await asyncio.gather(
            overlay("file", "fetch", ref, "--as", fetcher, "--into", str(inbox), "--home", home, "--json"),
            overlay("file", "list", "--as", holder, "--home", home, "--json"),
        )
    finally:
        offer.kill()
        await offer.communicate()
    assert got.code == 0, got.err
    assert json.loads(got.out)["path"] == str(inbox / path.name)
    assert (inbox / path.name).read_bytes() == path.read_bytes()
    (shown,) = json.loads(listed.out)["files"]
    assert (shown["path"], shown["to"]) == (str(path), [f"{fetcher}@{live.name}"])
