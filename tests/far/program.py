"""The program of examples/echo.py as a process of its own, in whatever domain."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from overlay.ca.protocol import MakeToken
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from tests.live_domain import LIMIT_S

EXAMPLE = Path(__file__).parents[2] / "examples" / "echo.py"
SKILL = "text.echo"


@asynccontextmanager
async def echo_program(folder: DomainFolder, name: str, place: Path, *allow: str) -> AsyncIterator[None]:
    """`name` of this domain serves until the block ends; `allow`: who may call from elsewhere."""
    async with operator(folder) as hand:
        token = await hand.ca.token(MakeToken(name, (SKILL,)))
    home = place / "echo-home"
    home.mkdir(mode=0o700)
    if allow:
        (home / "access.toml").write_text(f"[[allow]]\nfrom = {list(allow)}\n")
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        str(EXAMPLE),
        cwd=place,
        env=os.environ | {"OVERLAY_JOIN_TOKEN": token},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        async with asyncio.timeout(2 * LIMIT_S):
            assert (await process.stdout.readline()).endswith(b" serves text.echo\n")
        yield
    finally:
        process.terminate()
        await process.wait()
