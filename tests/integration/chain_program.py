"""An orchestrator as a process of its own: begins the chain in a file, or goes on with it."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from overlay.agent.agent import Agent

RUN = "case-1"


async def main(home: str, chain: bytes) -> bytes:
    async with Agent(Path(home), access=["a.example", "c.example"]) as agent:
        run = await agent.run_chain(chain, "no dial tone", id=RUN)
        return (await run.result()).body


if __name__ == "__main__":
    sys.stdout.buffer.write(asyncio.run(main(sys.argv[1], Path(sys.argv[2]).read_bytes())))
