"""A peer's gateway that fills every kind of item with what makes no sense."""

from __future__ import annotations

import pytest

from bridges.frames.frame import (
    Ack,
    ChannelWish,
    Default,
    Echo,
    Failure,
    FarAnswer,
    FarQuestion,
    Heartbeat,
    Item,
    LinkCertificate,
    LinkRequest,
    Message,
    Processes,
    Reach,
    Summary,
    SyncProgress,
    SyncRequest,
    Trace,
)
from overlay.naming.subjects import Class, Priority
from tests.links import body_of, envelope, linked_pair

BIG, LOW, ID = 2**64 - 1, -(2**63), bytes(16)
HERE = ("a.example",)
LATEST = envelope("alice@a.example", "bob@b.example", deadline_ms=2**53 - 1)[1]
NORMAL = (Class.REALTIME, Priority.NORMAL)

ITEMS: dict[str, tuple[Item, ...]] = {
    "look-ups": (
        FarQuestion(ID, "x.example", "bob", BIG, BIG, HERE),
        FarQuestion(ID, "b.example", "bob", LOW, LOW, HERE),
        FarQuestion(b"", "\n" * 300, "\0", 1, 1, HERE),
        FarAnswer(ID, b"\xc1" * 1000, "x" * 100_000, "y" * 100_000),
        Trace(ID, "x.example", BIG, HERE),
    ),
    "ways": (
        Reach(
            (HERE, (), (*HERE, "c", "c"), (*HERE, "b.example"), (*HERE, "")), ("\0",), Default.ALL, True, True
        ),
        Processes(("\n", "", "a" * 100_000, "*", ">")),
    ),
    "signs of life": (Heartbeat(BIG), Echo(BIG), Echo(LOW), SyncProgress()),
    "synchronising": (SyncRequest("\0" * 100, LOW), SyncRequest("x", BIG), Summary(b"\xc1" * 10)),
    "certificates": (LinkRequest(b"x" * 100_000), LinkCertificate(b"x", "\x1b[0m" * 1000)),
    "channels": (
        ChannelWish("", ("x",)),
        ChannelWish("case@b.example", ("b.example",)),
        ChannelWish("case", ("a.example",)),
        Message(0, *NORMAL, 1000, 8, HERE, LATEST, True),
    ),
    "failures": (
        Ack(0, 0, (Failure(0, b"", "", "", "x" * 1000, "s0", Priority.NORMAL, ("\0", "b.example"), LOW),)),
        Ack(0, 0, (Failure(0, ID, "bob@b.example", "\0", "overloaded", "\n", Priority.NORMAL, (), LOW),)),
    ),
    "messages": (
        Message(0, *NORMAL, LOW, LOW, HERE, LATEST),
        Message(0, *NORMAL, 1000, 8, HERE, b"\xc1" * 100),
        Message(0, *NORMAL, 1000, 8, HERE * 10_000, LATEST),
    ),
}


@pytest.mark.parametrize("kind", ITEMS)
async def test_an_item_without_sense_ends_nothing(kind: str) -> None:  # GW-6
    async with linked_pair() as two:
        bob, x = await two.b.agent("bob"), await two.a.agent("x")
        for _ in range(4):  # of which failures may be told
            await two.b.send("bob", "x@a.example")
            await x.next_realtime()
        line = two.a.gateway.peers.links["b.example"].line
        assert line is not None
        for item in ITEMS[kind]:
            line.post(item)
        await line.posted()
        await two.a.send("alice", "bob@b.example", b"after all that")
        assert body_of(await bob.next_realtime()) == b"after all that"
        assert two.b.errors == []
        assert not line.over
