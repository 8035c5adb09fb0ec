"""What a realtime message costs two linked gateways, without brokers: python -m benchmarks.gateway [profile].

Stage by stage, in microseconds of a processor: from a delivery to what waits for a frame, framing, and from a
frame to what is published.
"""

from __future__ import annotations

import asyncio
import cProfile
import os
import pstats
import sys
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from bridges.links.line import Line
from overlay.naming.subjects import Class, Priority, ToDomain
from overlay.quality.caps import Cap, CapsPolicy
from overlay.transport.contract import Delivery
from overlay.transport.handling import Handling
from overlay.transport.nats_client import NatsClient, on_wire
from overlay.transport.nats_parser import NatsParser, text_of
from tests.links import Pair, envelope, linked_pair

_ROUNDS = 100
_BATCH = 240
_BODY = os.urandom(300)
_QUIET = {
    "link_heartbeat_s": 60.0,
    "link_silence_s": 600.0,
    "gateway_poll_s": 1.0,
    "link_look_s": 10.0,
    "link_rate_per_s": 1e6,
}
_MUCH = Cap(messages_per_s=1e9, bytes_per_s=1e12)
_POLICIES = {
    "no caps": CapsPolicy(),
    "caps of agents, domains and peers": CapsPolicy(
        agent=_MUCH, domain=_MUCH, peer=_MUCH, stranger=_MUCH, arrivals=_MUCH
    ),
}


class _Stages:
    """Seconds by stage; `profile`: of all of them together."""

    def __init__(self, profile: cProfile.Profile | None) -> None:
        self.spent: defaultdict[str, float] = defaultdict(float)
        self._profile = profile
        self._begin = 0.0

    def __enter__(self) -> None:
        if self._profile is not None:
            self._profile.enable()
        self._begin = time.process_time()

    def __exit__(self, *_: object) -> None:
        self._took = time.process_time() - self._begin
        if self._profile is not None:
            self._profile.disable()

    def was(self, stage: str) -> None:
        """What was just measured."""
        self.spent[stage] += self._took


class _Published:
    """In the place of our broker's transport."""

    def __init__(self) -> None:
        self.count = 0

    async def publish(self, subject: str, payload: bytes) -> None:
        self.count += 1

    def publish_now(self, subject: str, payload: bytes) -> bool:
        self.count += 1
        return True


def _deliveries(count: int) -> list[Delivery]:
    lane = (Class.REALTIME, Priority.NORMAL)
    subject = str(ToDomain(*lane, "b.example", "bob", "anna"))
    return [
        Delivery(subject, envelope("anna@a.example", "bob@b.example", _BODY, counter=number)[1])
        for number in range(count)
    ]


def _line(pair: Pair, sender: bool) -> Line:
    here, there = (pair.a, pair.b) if sender else (pair.b, pair.a)
    line = here.gateway.peers.links[there.name].line
    assert line is not None
    return line


async def _round(pair: Pair, frames: list[bytes], stages: _Stages) -> None:
    here, there = _line(pair, sender=True), _line(pair, sender=False)
    depart = pair.a.gateway._outflow.realtime
    deliveries = _deliveries(_BATCH)
    with stages:
        for delivery in deliveries:
            waits = depart(delivery)
            if waits is not None:
                await waits
    stages.was("departing")
    with stages:
        while items := here._next_items():
            await here.carrier.send(items)
    stages.was("framing")
    with stages:
        for frame in frames:
            await there.received(frame)
    stages.was("arriving")
    frames.clear()
    while there._incoming.due or here.outgoing.posting:  # acknowledgements go their own way
        await asyncio.sleep(0)
    await asyncio.sleep(0.001)


async def _measure(pair: Pair, policy: CapsPolicy, stages: _Stages) -> None:
    for side in (pair.a, pair.b):
        side.registry.caps_policy = policy
        side.gateway.caps.use(policy, 1)
    here = _line(pair, sender=True)
    frames: list[bytes] = []
    published = _Published()

    async def keep(frame: bytes) -> None:
        frames.append(frame)

    arriving: Any = pair.b.gateway._inflow
    before = here.carrier._send, arriving._transport
    here.carrier._send, arriving._transport = keep, published
    for turn in range(_ROUNDS + 5):
        await _round(pair, frames, stages)
        if turn == 4:
            stages.spent.clear()
    here.carrier._send, arriving._transport = before
    if published.count != _BATCH * (_ROUNDS + 5):
        raise SystemExit(f"{published.count} of {_BATCH * (_ROUNDS + 5)} messages arrived")


async def _nats(stages: _Stages) -> None:
    """What our side of NATS takes of the same messages: read and handed over, published and joined."""
    done = 0

    async def handler(_: Delivery) -> None:
        nonlocal done
        done += 1

    def failed(where: str, error: Exception) -> None:
        raise SystemExit(f"{where}: {error!r}")

    handling = Handling(handler, limit=_BATCH, where="bench", on_error=failed)

    def arrived(subject: bytes, _reply: bytes, data: bytes, _headers: bytes | None) -> None:
        handling.offer(Delivery(text_of(subject), data))

    parser = NatsParser({7: arrived})
    client = NatsClient(lambda _: None)
    for _ in range(_ROUNDS):
        deliveries = _deliveries(_BATCH)
        wire = b"".join(
            b"MSG %b 7 %d\r\n%b\r\n" % (one.subject.encode(), len(one.payload), one.payload)
            for one in deliveries
        )
        done = 0
        with stages:
            parser.feed(wire)
            while done < _BATCH:
                await asyncio.sleep(0)
        stages.was("reading NATS")
        with stages:
            for delivery in deliveries:
                client.publish_now(on_wire(delivery.subject), delivery.payload)
            b"".join(client._pending)
        stages.was("publishing NATS")
        client._pending.clear()
    await handling.stop(1.0)


def _tell(name: str, spent: Mapping[str, float]) -> None:
    each: Sequence[str] = [f"{stage} {took / _ROUNDS / _BATCH * 1e6:.2f}" for stage, took in spent.items()]
    print(f"{name}, µs a message: {', '.join(each)}")


async def _main(profiled: bool) -> None:
    profile = cProfile.Profile() if profiled else None
    async with linked_pair(**_QUIET) as pair:
        await pair.b.agent("bob")
        while not pair.b.gateway.routes.attached("bob"):
            await asyncio.sleep(0.01)
        for name, policy in _POLICIES.items():
            stages = _Stages(profile)
            await _measure(pair, policy, stages)
            _tell(name, stages.spent)
            if profile is not None:
                break
    if profile is None:
        stages = _Stages(None)
        await _nats(stages)
        _tell("our side of NATS", stages.spent)
    else:
        pstats.Stats(profile).sort_stats("tottime").print_stats(45)


if __name__ == "__main__":
    asyncio.run(_main("profile" in sys.argv))
