"""A stream of NATS lets go of what was settled, so that it does not fill up with it (GW-24)."""

from __future__ import annotations

import msgspec

from overlay.naming.mailboxes import agent_inbox, mailboxes_of_agent
from overlay.transport.nats_provisioner import NatsProvisioner
from overlay.transport.nats_stream import STREAM
from tests.conformance.bench import SETTINGS, Basket, bench_on
from tests.conformance.nats_subject import NatsSubject


async def stored(provisioner: NatsProvisioner) -> int:
    found = msgspec.json.decode(await provisioner._answer(f"STREAM.INFO.{STREAM}", None))
    return int(found["state"]["messages"])


async def test_what_was_settled_is_let_go_and_the_rest_is_kept() -> None:
    subject = NatsSubject()
    await subject.start()
    try:
        async with bench_on(subject) as bench:
            pair, away = await bench.pair(), bench.name()
            await bench.ensure(*mailboxes_of_agent(away))
            provisioner = await subject.provisioner_with(SETTINGS)
            assert isinstance(provisioner, NatsProvisioner)
            basket = Basket()
            await pair.receiving.read_stored(pair.inbox, basket.take_stored)
            await pair.store(*(b"%d" % number for number in range(20)))
            await basket.until(20)
            waiting = f"ov.rel.normal.agent.{away}.{pair.sender}"
            await pair.sending.store(waiting, b"later", message_id="later", ttl_s=600.0)
            await pair.receiving.close()  # what it settled is told
            assert await stored(provisioner) == 21
            await provisioner.sweep()
            assert await stored(provisioner) == 1
            late = Basket()
            await (await bench.connect(away)).read_stored(agent_inbox(away), late.take_stored)
            assert await late.until(1) == [b"later"]
            await provisioner.close()
    finally:
        await subject.stop()
