"""What is true of the broker in memory alone."""

from __future__ import annotations

import pytest

from overlay.errors import Overloaded, Refused
from overlay.naming.mailboxes import SLOTS, mailboxes_of_agent, process_inbox
from overlay.settings import Settings
from overlay.transport.memory import MemoryProvisioner, MemoryTransport
from overlay.transport.memory_broker import MemoryBroker
from tests.conformance.bench import Basket, Errors


async def _transport(broker: MemoryBroker) -> MemoryTransport:
    await MemoryProvisioner(broker).ensure(mailboxes_of_agent("bob"))
    return await MemoryTransport.connect(broker, "bob", Settings(), Errors())


async def test_slots_run_out_and_closing_frees_them() -> None:
    broker = MemoryBroker()
    transports = [await _transport(broker) for _ in SLOTS]
    assert {await transport.claim_slot("bob") for transport in transports} == set(SLOTS)
    last = await _transport(broker)
    with pytest.raises(Overloaded):
        await last.claim_slot("bob")
    await transports[1].close()
    assert await last.claim_slot("bob") == SLOTS[1]


async def test_a_mailbox_of_one_process_has_one_reader() -> None:
    transport, basket = await _transport(MemoryBroker()), Basket()
    reader = await transport.read(process_inbox("bob", "s0"), basket.take)
    with pytest.raises(Refused):
        await transport.read(process_inbox("bob", "s0"), basket.take)
    await reader.stop()
    await transport.read(process_inbox("bob", "s0"), basket.take)
    await transport.close()
