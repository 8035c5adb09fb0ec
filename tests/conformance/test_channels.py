"""What every broker promises of mailboxes that come to cover channels, and cover them no more (GW-9)."""

from __future__ import annotations

import secrets

from overlay.naming.ids import PartyId
from overlay.naming.mailboxes import Mailbox, agent_inbox
from overlay.transport.contract import Transport
from tests.conformance.bench import Basket, Bench


async def _change(bench: Bench, before: Mailbox, after: Mailbox) -> None:
    provisioner = await bench.subject.provisioner()
    try:
        await provisioner.change(before, after)
    finally:
        await provisioner.close()


class _Room:
    """A fresh channel, and somebody who publishes in it."""

    def __init__(self, sender: str, transport: Transport) -> None:
        self.id = PartyId(f"c{secrets.token_hex(4)}", "a.example")
        self._tail = f"normal.chan.a_example.{self.id.name}.{sender}"
        self._transport = transport

    async def store(self, payload: bytes) -> None:
        name = secrets.token_hex(16)
        await self._transport.store(f"ov.rel.{self._tail}", payload, message_id=name, ttl_s=600)

    async def publish(self, payload: bytes) -> None:
        await self._transport.publish(f"ov.rt.{self._tail}", payload)
        await self._transport.flush()


async def test_each_member_reads_what_is_stored_once_also_one_that_was_away(bench: Bench) -> None:
    one, two = await bench.pair(), await bench.pair()
    room = _Room(one.sender, one.sending)
    for pair in (one, two):
        await _change(bench, pair.inbox, agent_inbox(pair.name, (room.id,)))
    here, away = Basket(), Basket()
    await one.receiving.read_stored(one.inbox, here.take_stored)
    await room.store(b"for all")
    await one.store(b"for one")
    assert sorted(await here.until(2)) == [b"for all", b"for one"]
    await two.receiving.read_stored(two.inbox, away.take_stored)
    assert await away.until(1) == [b"for all"]


async def test_a_mailbox_that_covers_a_channel_no_more_reads_nothing_of_it(bench: Bench) -> None:
    one, two = await bench.pair(), await bench.pair()
    room = _Room(one.sender, one.sending)
    covering = {pair.name: agent_inbox(pair.name, (room.id,)) for pair in (one, two)}
    for pair in (one, two):
        await _change(bench, pair.inbox, covering[pair.name])
    stays, leaves = Basket(), Basket()
    await one.receiving.read_stored(one.inbox, stays.take_stored)
    await two.receiving.read_stored(two.inbox, leaves.take_stored)
    await room.store(b"before")
    await stays.until(1)
    await leaves.until(1)
    await _change(bench, covering[two.name], two.inbox)
    await _change(bench, covering[two.name], two.inbox)
    await room.store(b"after")
    await two.store(b"own")
    assert await stays.until(2) == [b"before", b"after"]
    assert await leaves.until(2) == [b"before", b"own"]


async def test_a_running_reader_covers_what_its_mailbox_came_to_cover_or_another_connection_does(
    bench: Bench,
) -> None:
    pair = await bench.pair()
    room, basket = _Room(pair.sender, pair.sending), Basket()
    reader = await pair.receiving.read(pair.inbox, basket.take)
    await pair.receiving.flush()
    covering = agent_inbox(pair.name, (room.id,))
    await _change(bench, pair.inbox, covering)
    if pair.receiving.features.fixed_reading:  # this bench's door lets nobody read a channel
        await pair.publish(b"own")
        assert await basket.until(1) == [b"own"]
        return
    await reader.cover(covering)
    await room.publish(b"channel")
    await pair.publish(b"own")
    assert sorted(await basket.until(2)) == [b"channel", b"own"]
