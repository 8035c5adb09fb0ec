"""The bare client for comparison: nats-py's own request and reply, over a server with the same mutual TLS."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from overlay.bench.load import Ask
from overlay.bench.logins import Close, Login
from overlay.brokers.nats_probe import probe
from overlay.brokers.ports import free_port
from overlay.brokers.process import ServerProcess
from overlay.brokers.programs import find_nats_server
from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.errors import TimedOut, Unavailable, Unreachable
from overlay.naming.ids import OPERATOR
from overlay.settings import load_settings
from overlay.transport.address import TlsFiles
from overlay.transport.client_tls import client_tls

_SUBJECT = "bench.echo"
_HOST = "localhost"
_NAME = "overlay-bench-raw"
_START_S = 20.0
_CONFIG = """
server_name: "{name}"
listen: "127.0.0.1:{port}"
tls {{ cert_file: "{tls.certificate}", key_file: "{tls.key}", ca_file: "{tls.ca}", verify: true, timeout: 5 }}
jetstream {{ store_dir: "{store}", sync_interval: always }}
"""


@asynccontextmanager
async def raw_echo(folder: DomainFolder, body: bytes, timeout_s: float) -> AsyncIterator[Ask]:
    """A bare server with the domain's certificates, a bare responder, and how to ask it once."""
    settings = load_settings(folder.settings)
    tls = Home(folder.service(OPERATOR)).load(settings).tls
    if tls is None:
        raise Unreachable("the operator's home holds no certificate files")
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(bare_server(folder.broker_tls, settings.nats_server))
        asker = await bare_client(port, tls)
        stack.push_async_callback(asker.close)
        responder = await bare_client(port, tls)
        stack.push_async_callback(responder.close)
        yield await _asking(asker, responder, body, timeout_s)


@asynccontextmanager
async def raw_nats_login(folder: DomainFolder) -> AsyncIterator[Login]:
    """To a bare server with the domain's certificates, which checks them and asks nobody."""
    settings = load_settings(folder.settings)
    tls = Home(folder.service(OPERATOR)).load(settings).tls
    if tls is None:
        raise Unreachable("the operator's home holds no certificate files")
    files = tls
    async with bare_server(folder.broker_tls, settings.nats_server) as port:

        async def login() -> Close:
            client = await bare_client(port, files)
            await client.publish(_SUBJECT, b"")
            await client.flush()
            return client.close

        yield login


async def _asking(asker: Client, responder: Client, body: bytes, timeout_s: float) -> Ask:
    async def answer(message: Msg) -> None:
        await message.respond(message.data)

    await responder.subscribe(_SUBJECT, cb=answer)
    await responder.flush()

    async def ask() -> None:
        try:
            await asker.request(_SUBJECT, body, timeout=timeout_s)
        except NatsError as error:
            raise TimedOut(str(error)) from error

    return ask


async def bare_client(port: int, tls: TlsFiles) -> Client:
    """Connected. Raises Unreachable."""
    try:
        return await nats.connect(f"tls://{_HOST}:{port}", tls=client_tls(tls), allow_reconnect=False)
    except (OSError, NatsError) as error:
        raise Unreachable(f"the bare nats-server did not let us in: {error}") from error


@asynccontextmanager
async def bare_server(tls: TlsFiles, program: Path | None) -> AsyncIterator[int]:
    """Its port. It checks certificates, and asks nobody."""
    port = free_port(_HOST)
    with tempfile.TemporaryDirectory(prefix="overlay-bench-") as name:
        config, output = Path(name) / "raw.conf", Path(name) / "raw.log"
        config.write_text(_CONFIG.format(name=_NAME, port=port, tls=tls, store=Path(name) / "store"))
        process = ServerProcess(Path(name) / "pid", "the bare nats-server")
        command = [str(find_nats_server(program)), "-c", str(config)]
        process.start(command, output=output, environment=dict(os.environ))
        try:
            await _until_it_answers(port, tls)
            yield port
        finally:
            await process.stop(_START_S)


async def _until_it_answers(port: int, tls: TlsFiles) -> None:
    try:
        async with asyncio.timeout(_START_S):
            while True:
                try:
                    return await asyncio.to_thread(
                        probe, "127.0.0.1", port, host=_HOST, ca=tls.ca, name=_NAME, limit_s=2.0
                    )
                except Unavailable:
                    await asyncio.sleep(0.05)
    except TimeoutError as error:
        raise TimedOut(f"the bare nats-server was not ready within {_START_S:g} s") from error
