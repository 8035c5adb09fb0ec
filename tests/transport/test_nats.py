"""What is true of NATS alone: whom it trusts, what it does when the broker is odd, slow or frozen."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from overlay.errors import BadName, BadSettings, Unreachable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress
from overlay.transport.connect import connect
from overlay.transport.contract import Transport
from overlay.transport.nats import NatsTransport
from overlay.transport.nats_client import Dial, NatsClient
from tests.brokers.certificates import Ca
from tests.conformance.bench import PATIENCE_S, SETTINGS, Basket, Bench, Errors, bench_on
from tests.conformance.nats_subject import NatsSubject

_IN_THE_CLEAR = b'INFO {"server_id":"X","version":"2.15.1","max_payload":1048576}\r\n'


@pytest.fixture
async def own() -> AsyncIterator[tuple[NatsSubject, Bench]]:
    """A nats-server that the test may harm."""
    subject = NatsSubject()
    try:
        await subject.start()
        async with bench_on(subject) as bench:
            yield subject, bench
    finally:
        await subject.stop()


async def _connect_to(address: str, ca: Ca, settings: Settings = SETTINGS) -> Transport:
    addresses = [BrokerAddress.parse(item) for item in address.split()]
    return await connect(addresses, ca.issue("alice"), "alice", settings, Errors())


async def test_nothing_of_ours_goes_to_a_broker_without_tls(tmp_path: Path) -> None:
    # GW-17
    heard: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def broker(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(_IN_THE_CLEAR)
        data = await reader.read()
        if not heard.done():
            heard.set_result(data)
        writer.close()

    server = await asyncio.start_server(broker, "localhost", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        with pytest.raises(Unreachable, match="TLS"):
            await _connect_to(f"tls://localhost:{port}", Ca(tmp_path))
        assert await heard == b""


async def test_a_broker_of_another_ca_is_not_trusted(own: tuple[NatsSubject, Bench], tmp_path: Path) -> None:
    # GW-17
    with pytest.raises(Unreachable, match="certificate verify failed"):
        await _connect_to(str(own[0].address), Ca(tmp_path))


async def test_when_no_broker_lets_us_in_the_error_names_them_all(tmp_path: Path) -> None:
    with pytest.raises(Unreachable) as caught:
        await _connect_to("tls://localhost:1 tls://localhost:2", Ca(tmp_path))
    assert "tls://localhost:1" in str(caught.value)
    assert "tls://localhost:2" in str(caught.value)


async def test_the_next_address_is_tried(own: tuple[NatsSubject, Bench]) -> None:
    # AG-10
    subject, _ = own
    addresses = [BrokerAddress.parse("tls://localhost:1"), subject.address]
    transport = await connect(addresses, subject.files("alice"), "alice", SETTINGS, Errors())
    await transport.flush()
    await transport.close()


async def test_files_that_are_no_certificate_are_named(tmp_path: Path) -> None:
    files = Ca(tmp_path).issue("alice")
    files.certificate.write_bytes(b"nonsense")
    with pytest.raises(BadSettings, match=files.certificate.name):
        await connect([BrokerAddress.parse("tls://localhost:1")], files, "alice", SETTINGS, Errors())


async def test_a_frozen_broker_is_noticed_and_used_again_when_it_thaws(
    own: tuple[NatsSubject, Bench],
) -> None:
    # AG-10
    subject, bench = own
    quick = SETTINGS.model_copy(update={"nats_ping_s": 1.0, "connect_timeout_s": 2.0})
    pair, basket = await bench.pair(quick), Basket()
    await pair.receiving.read(pair.inbox, basket.take)
    assert isinstance(pair.receiving, NatsTransport)
    os.kill(subject.pid, signal.SIGSTOP)
    try:
        await _until_lost(pair.receiving)
    finally:
        os.kill(subject.pid, signal.SIGCONT)
    async with asyncio.timeout(2 * PATIENCE_S):
        while not basket.items:
            with contextlib.suppress(Unreachable):
                await pair.publish(b"thawed")
            await asyncio.sleep(0.05)


async def test_what_a_lost_process_had_not_settled_comes_to_another(
    own: tuple[NatsSubject, Bench],
) -> None:
    # AG-10
    subject, bench = own
    pair, lost, found = await bench.pair(), Basket(), Basket()
    provisioner = await subject.provisioner_with(SETTINGS.model_copy(update={"ack_wait_s": 1.0}))
    await provisioner.ensure([pair.inbox])
    await provisioner.close()
    await pair.receiving.read_stored(pair.inbox, lost.hold)
    await pair.store(b"unsettled")
    await lost.until(1)
    assert isinstance(pair.receiving, NatsTransport)
    await pair.receiving._connection.close(0.0)
    second = await bench.connect(pair.name)
    await second.read_stored(pair.inbox, found.take_stored)
    assert set(await found.until(1)) == {b"unsettled"}
    assert min(found.attempts) >= 2


async def test_a_publisher_waits_for_a_broker_that_takes_nothing_and_then_says_so(
    own: tuple[NatsSubject, Bench],
) -> None:
    subject, bench = own
    pair = await bench.pair()
    impatient = SETTINGS.model_copy(update={"publish_timeout_s": 0.3, "drain_timeout_s": 1.0})
    transport = await bench.connect(pair.sender, impatient)
    os.kill(subject.pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unreachable, match="took nothing"):
            await _publish_on_and_on(transport, pair.realtime)
    finally:
        os.kill(subject.pid, signal.SIGCONT)


async def test_a_subject_cannot_smuggle_commands_onto_the_wire(own: tuple[NatsSubject, Bench]) -> None:
    pair = await own[1].pair()
    for subject in ("ov.rt 1\r\nPUB x 0", "ov.*.x", "ov.>", "", "ov..x"):
        with pytest.raises(BadName):
            await pair.sending.publish(subject, b"")
        with pytest.raises(BadName):
            await pair.sending.store(subject, b"", message_id="x", ttl_s=1)
    with pytest.raises(BadName):
        await pair.sending.store(pair.reliable, b"", message_id="x\r\nNats-TTL: never", ttl_s=1)


async def test_cancelling_a_store_leaves_the_transport_in_order(own: tuple[NatsSubject, Bench]) -> None:
    subject, bench = own
    pair = await bench.pair()
    await subject.halt()
    storing = asyncio.create_task(pair.store(b"never mind"))
    await asyncio.sleep(0)
    storing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await storing
    await subject.resume()
    await pair.store(b"this one")


async def test_closing_ends_although_a_cancellation_is_lost_while_it_dials(
    own: tuple[NatsSubject, Bench], monkeypatch: pytest.MonkeyPatch
) -> None:
    subject, bench = own
    transport = await bench.connect(bench.name())
    dial, dialling = NatsClient.dial, asyncio.Event()

    async def deaf(where: Dial, on_denied: Callable[[str], None], timeout_s: float) -> NatsClient:
        dialling.set()
        with contextlib.suppress(asyncio.CancelledError):  # as `wait_for` does when its answer just came
            await asyncio.Event().wait()
        return await dial(where, on_denied, timeout_s)

    monkeypatch.setattr(NatsClient, "dial", deaf)
    await subject.halt()
    async with asyncio.timeout(PATIENCE_S):
        await dialling.wait()
        await subject.resume()
        await transport.close()


async def _publish_on_and_on(transport: Transport, subject: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while True:
            await transport.publish(subject, bytes(200_000))


async def _until_lost(transport: NatsTransport) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while transport._connection.client is not None:
            await asyncio.sleep(0.05)
