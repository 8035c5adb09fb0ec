"""A real HTTP server that makes deterministic vectors, and answers as badly as it is told to."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from random import Random
from typing import Any


class EmbeddingServer:
    """OpenAI-compatible, as far as anybody asks."""

    def __init__(self, size: int = 8) -> None:
        self.size = size
        self.port = 0
        self.status = 200
        self.body: bytes | None = None
        self.asked: list[dict[str, Any]] = []
        self.asked_twice = asyncio.Event()
        self.headers: list[str] = []
        self.refused = ""
        """A text that it does not take."""
        self.answers = asyncio.Event()
        self.answers.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def vector(self, text: str) -> list[float]:
        random = Random(sha256(text.encode()).digest())
        return [random.uniform(-3, 3) for _ in range(self.size)]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._answer(head.decode(), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _answer(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines = [line.lower() for line in head.split("\r\n")]
        length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
        question = json.loads(await reader.readexactly(length))
        self.asked.append(question)
        self.headers.append(head)
        if len(self.asked) == 2:
            self.asked_twice.set()
        await self.answers.wait()
        texts = question["input"]
        status = 400 if self.refused and self.refused in texts else self.status
        items = [{"index": at, "embedding": self.vector(text)} for at, text in enumerate(texts)]
        body = self.body if self.body is not None else json.dumps({"data": items[::-1]}).encode()
        writer.write(f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()


@asynccontextmanager
async def serving(size: int = 8) -> AsyncIterator[EmbeddingServer]:
    server = EmbeddingServer(size)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    server.port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server
        listening.close()
