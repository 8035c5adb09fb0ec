"""Who is put out makes members seal anew what they just published: under the same ID, for all domains."""

from __future__ import annotations

from overlay.naming.subjects import Class, ToChannel
from tests.links import body_of, envelope
from tests.multicast.chain import CHANNEL, chain, publish, reader


async def test_what_is_sealed_anew_goes_wherever_what_was_sealed_before_went() -> None:  # GW-9
    async with chain() as net:
        theirs = await reader(net.c, "bob")
        net.members(net.a, net.c)
        await net.wanted(net.a, net.b)
        header = await publish(net.a, "alice", b"before", cls=Class.RELIABLE)
        assert body_of(await theirs.next_stored()) == b"before"
        _, anew = envelope(header.sender, header.to, b"anew", cls=header.cls, id=header.id)
        subject = ToChannel(header.cls, header.priority, CHANNEL.domain, CHANNEL.name, "alice")
        net.a.domain.broker.store(str(subject), anew, f"{header.id.hex()} anew", 3600.0)
        assert body_of(await theirs.next_stored()) == b"anew"
