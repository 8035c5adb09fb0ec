"""A peer's greetings are its own: what a broker says by itself uses up none of them."""

from __future__ import annotations

from overlay.naming.ids import link_name
from tests.endpoint.waiting import until
from tests.links import pair


async def test_what_the_broker_itself_says_uses_up_no_greeting_of_a_peer() -> None:
    async with pair(link_hellos_per_s=1.0) as made:
        await made.b.start()
        greeting = f"ov.link.gw.hello.{link_name(made.a.name)}.x1"
        for _ in range(20):  # NATS puts its acknowledgements where a publisher wants them
            made.b.domain.broker.publish(greeting, b'{"stream":"OV","seq":1}')
        await until(lambda: made.b.gateway.counters["hello-bad-envelope"] == 20)
        await made.a.start()
        await made.linked()
        assert not made.b.gateway.counters["hello-overloaded"]
