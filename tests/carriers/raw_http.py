"""A client of HTTP that keeps to no rules."""

from __future__ import annotations

import asyncio
import ssl
from contextlib import suppress
from urllib.parse import urlsplit

from overlay.carriers.tls import client_context
from overlay.trust.credentials import Credentials

LIMIT_S = 30.0


async def connect(address: str, own: Credentials | None) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """With this certificate, or none."""
    if own is None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    else:
        context = client_context(own)
    where = urlsplit(address)
    return await asyncio.open_connection(where.hostname, where.port, ssl=context, server_hostname="")


async def raw(address: str, own: Credentials | None, data: bytes) -> bytes:
    """All that comes back until the server closes; empty where it did not let us in."""
    answer = b""
    with suppress(ConnectionError, ssl.SSLError):
        async with asyncio.timeout(LIMIT_S):
            reader, writer = await connect(address, own)
            try:
                writer.write(data)
                await writer.drain()
                while more := await reader.read(65_536):
                    answer += more
            finally:
                writer.transport.abort()
    return answer


def post(target: str, body: bytes, *headers: str, close: bool = True) -> bytes:
    """A request; the connection is closed after it."""
    lines = [f"POST {target} HTTP/1.1", "host: bob", f"content-length: {len(body)}", *headers]
    return "\r\n".join([*lines, *(("connection: close",) if close else ()), "", ""]).encode() + body


def status(answer: bytes) -> int:
    """0: none."""
    return int(answer.split(b" ", 2)[1]) if answer else 0
