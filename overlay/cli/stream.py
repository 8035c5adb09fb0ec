"""`overlay stream`: live streams of an agent (AG-8)."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, BinaryIO

import msgspec
import typer

from overlay.agent.agent import Agent
from overlay.cli.acting import acting
from overlay.cli.options import HERE, Allow, Home, Json, MeOrNew
from overlay.cli.printing import printable, say, show_json, show_json_line
from overlay.cli.running import run
from overlay.errors import BadInput
from overlay.naming.ids import PartyId, check_name
from overlay.streams.stream import Stream
from overlay.streams.streams import MOST_LATE_MS

app = typer.Typer(help="Live streams: what is late is dropped.", rich_markup_mode=None)


@app.command()
def send(
    source: Annotated[str, typer.Argument(help="The file; - reads standard input.")],
    me: MeOrNew,
    to: Annotated[str, typer.Option(help="The agent: name@domain.")],
    media_type: Annotated[str, typer.Option(help="What it is: audio/opus.")] = "application/octet-stream",
    rate: Annotated[float, typer.Option(help="Frames a second.", min=0.1, max=10_000)] = 50,
    size: Annotated[int, typer.Option(help="Bytes of a frame.", min=1, max=262_144)] = 960,
    late: Annotated[
        int, typer.Option(help="Milliseconds that a frame may be late.", min=1, max=MOST_LATE_MS)
    ] = 200,
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Send a file as a live stream, so many frames a second, and say how it arrived."""
    check_name(me)
    PartyId.parse(to)
    if source != "-" and not Path(source).is_file():
        raise BadInput(f"there is no file {source}")

    async def work() -> Stream:
        async with await acting(home, me, None, None, access=allow or ()) as agent:
            stream = await agent.open_stream(to, media_type, late_ms=late)
            await _play(stream, source, 1 / rate, size)
            await asyncio.sleep(agent.endpoint.settings.stream_heartbeat_s)  # its last word of what came
            await stream.end()
            return stream

    stream = run(work())
    quality = stream.quality
    told = {"sent": stream.sent, "too_late": stream.too_late, **msgspec.to_builtins(quality)}
    if json:
        show_json({"to": to, "media_type": media_type, **told})
    else:
        say(
            f"{stream.sent} frames sent; {quality.received} arrived, {quality.late} late, "
            f"{quality.lost} lost, jitter {quality.jitter_ms:g} ms"
        )


@app.command()
def listen(
    me: MeOrNew,
    media_type: Annotated[str, typer.Option(help="What is taken: audio/opus, audio/*.")] = "*/*",
    out: Annotated[Path | None, typer.Option(help="Where the frames are written to.")] = None,
    once: Annotated[bool, typer.Option("--once", help="End with the first stream.")] = False,
    allow: Allow = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Take streams, until Ctrl-C, and say of each how it arrived."""
    check_name(me)
    ended = asyncio.Event()

    async def take(stream: Stream) -> None:
        await _write(stream, out)
        _tell(stream, json=json)
        if once:
            ended.set()

    async def work() -> None:
        async with await acting(home, me, None, None, access=allow or ()) as agent:
            agent.on_stream(media_type, take)
            if not json:
                say(f"{agent.id} takes streams of {media_type}")
            await _until(agent, ended)

    run(work())


async def _until(agent: Agent, ended: asyncio.Event) -> None:
    waiting = {asyncio.ensure_future(agent.forever()), asyncio.ensure_future(ended.wait())}
    try:
        done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _play(stream: Stream, source: str, every_s: float, size: int) -> None:
    next_at = time.monotonic()
    async for piece in _pieces(source, size):
        await asyncio.sleep(max(0.0, next_at - time.monotonic()))
        next_at += every_s
        await stream.send(piece)


async def _pieces(source: str, size: int) -> AsyncIterator[bytes]:
    file: BinaryIO = sys.stdin.buffer if source == "-" else await asyncio.to_thread(Path(source).open, "rb")
    try:
        while piece := await asyncio.to_thread(file.read, size):
            yield piece
    finally:
        if source != "-":
            file.close()


async def _write(stream: Stream, out: Path | None) -> None:
    if out is None:
        async for _ in stream:
            continue
        return
    with await asyncio.to_thread(out.open, "wb") as file:
        async for frame in stream:
            await asyncio.to_thread(file.write, frame.data)


def _tell(stream: Stream, *, json: bool) -> None:
    seen = stream.statistics
    if json:
        what = {"sender": str(stream.offer.sender), "media_type": stream.media_type}
        show_json_line(what | msgspec.structs.asdict(seen))
    else:
        say(
            f"{stream.offer.sender} sent {printable(stream.media_type)}: {seen.received} frames, "
            f"{seen.late} late, {seen.lost} lost, jitter {seen.jitter_ms:g} ms"
        )
