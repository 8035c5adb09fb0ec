"""The broker publishes wherever a request's reply subject says: an agent cannot make that a weapon."""

from __future__ import annotations

import json

import pytest

from overlay.transport.nats_stream import STREAM
from tests.admission.nats_domain import NatsDomain, fresh
from tests.admission.raw_client import LIMIT_S, RawClient


async def _store(sender: RawClient, to: str, body: bytes, **headers: str) -> dict[str, object]:
    subject = f"ov.rel.normal.agent.{to}.{sender.name}"
    answer = await sender.client.request(subject, body, timeout=LIMIT_S, headers=dict(headers) or None)
    return dict(json.loads(answer.data))


async def _fetch(agent: RawClient, batch: int = 1) -> list[tuple[str, bytes, str]]:
    """(subject, body, acknowledgement subject) of stored messages, by a pull of our own."""
    inbox = agent.client.new_inbox()
    subscription = await agent.client.subscribe(inbox)
    pull = json.dumps({"batch": batch, "expires": LIMIT_S * 10**9}).encode()
    await agent.client.publish(f"ovjs.next.inbox={agent.name}", pull, reply=inbox)
    got = [await subscription.next_msg(timeout=LIMIT_S) for _ in range(batch)]
    await subscription.unsubscribe()
    return [(message.subject, message.data, message.reply) for message in got]


async def _settled(domain: NatsDomain, *clients: RawClient) -> None:
    """What was published has been handled, and what that made the broker publish as well."""
    for _ in range(2):
        for raw in (*clients, domain.provisioner):
            await raw.flush()


async def test_storing_and_fetching_cross_the_accounts(domain: NatsDomain) -> None:
    alice, bob = await domain.party(fresh()), await domain.party(fresh())
    for number in range(3):
        assert (await _store(alice, bob.name, b"%d" % number))["stream"] == STREAM
    subject = f"ov.rel.normal.agent.{bob.name}.{alice.name}"
    got = await _fetch(bob, 3)
    assert [(where, body) for where, body, _ in got] == [(subject, b"0"), (subject, b"1"), (subject, b"2")]
    for _, _, ack in got:
        await bob.client.publish(ack, b"+ACK")
    await _settled(domain, bob)
    info = json.loads((await bob.ask(f"ovjs.info.inbox={bob.name}")).data)
    assert (info["num_ack_pending"], info["num_pending"], info["ack_floor"]["consumer_seq"]) == (0, 0, 3)


@pytest.mark.parametrize(
    "reply",
    [
        "$JS.API.STREAM.DELETE.OV",
        "$JS.API.STREAM.PURGE.OV",
        "$JS.API.CONSUMER.DELETE.OV.inbox={bob}",
        "$JS.API.CONSUMER.MSG.NEXT.OV.inbox={bob}",
        "ovjs.next.inbox={bob}",
        "ov.rel.normal.agent.{bob}.{bob}",
        "$SYS.REQ.SERVER.PING",
        "$SYS.REQ.USER.AUTH",
    ],
)
async def test_a_reply_subject_makes_the_broker_do_nothing(domain: NatsDomain, reply: str) -> None:
    alice, bob = await domain.party(fresh()), await domain.party(fresh())
    reply = reply.format(bob=bob.name)
    await _store(alice, bob.name, b"for bob")
    for body in (b"", b"1", b"{}"):
        await _store(alice, alice.name, body)
    before = (await domain.js.stream_info(STREAM)).state.last_seq
    asked = domain.callout.admitted + domain.callout.refusals.total()
    pull = b'{"batch":3,"no_wait":true}'
    await alice.client.publish(f"ovjs.next.inbox={alice.name}", pull, reply=reply)
    await alice.client.publish(f"$JS.ACK.OV.inbox={alice.name}.1.1.1.1.0", b"+NXT", reply=reply)
    await alice.client.publish(f"ov.rel.normal.agent.{alice.name}.{alice.name}", b"", reply=reply)
    await _settled(domain, alice)
    state = (await domain.js.stream_info(STREAM)).state
    assert state.last_seq == before + 1, "only the message that alice stored herself"
    waiting = await domain.js.consumer_info(STREAM, f"inbox={bob.name}")
    assert (waiting.num_pending, waiting.num_ack_pending) == (1, 0)
    assert [body for _, body, _ in await _fetch(bob)] == [b"for bob"]
    assert domain.callout.admitted + domain.callout.refusals.total() == asked


async def test_nobody_acknowledges_for_another_by_naming_it_as_reply(domain: NatsDomain) -> None:
    alice, bob = await domain.party(fresh()), await domain.party(fresh())
    await _store(alice, bob.name, b"for bob")
    [(_, _, ack)] = await _fetch(bob)
    await _store(alice, alice.name, b"+ACK")
    assert not await alice.may_publish(f"ovjs.next.inbox={alice.name}", reply=ack)
    await _settled(domain, alice)
    waiting = await domain.js.consumer_info(STREAM, f"inbox={bob.name}")
    assert waiting.num_ack_pending == 1


async def test_headers_give_no_power_over_the_stream(domain: NatsDomain) -> None:
    alice, bob = await domain.party(fresh()), await domain.party(fresh())
    await _store(alice, bob.name, b"for bob")
    attacks = (
        {"Nats-Rollup": "all"},
        {"Nats-Schedule": "@every 1s", "Nats-Schedule-Target": f"ov.rel.normal.agent.{bob.name}.{bob.name}"},
    )
    for attack in attacks:
        assert "error" in await _store(alice, alice.name, b"x", **attack)
    trace = {"Nats-Trace-Dest": "$JS.API.STREAM.DELETE.OV"}
    await alice.client.publish(f"ov.rt.normal.agent.{bob.name}.{alice.name}", b"", headers=trace)
    await _settled(domain, alice)
    assert any("$js.api.stream.delete.ov" in text for text in alice.refused)
    assert [body for _, body, _ in await _fetch(bob)] == [b"for bob"]
