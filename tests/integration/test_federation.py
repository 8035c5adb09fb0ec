"""Two whole domains with each other: asking, telling, finding, publishing, and what goes wrong."""

from __future__ import annotations

import pytest

from overlay.endpoint.message import Message
from overlay.errors import Failed, NotFound, Unavailable
from overlay.naming.ids import PartyId
from tests.integration.conftest import Pair
from tests.integration.people import fresh, present

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


async def test_questions_are_answered_both_ways_by_id_and_by_skill(pair: Pair) -> None:  # GW-7, GW-11
    async with present(pair.near, "alice") as alice, present(pair.far, "bob") as bob:
        for asker, other in ((alice, bob), (bob, alice)):
            await asker.hears_of(other)
            by_id = await asker.agent.ask(other.id, b"by ID", skill=other.skill)
            by_skill = await asker.agent.ask(other.skill, "by skill, ü")
            assert (by_id.body, by_id.sender) == (b"by ID", other.id)
            assert (by_skill.body.decode(), by_skill.sender) == ("by skill, ü", other.id)


async def test_a_reliable_message_brings_its_receipt(pair: Pair) -> None:  # GW-24
    async with present(pair.near, "alice") as alice, present(pair.far, "bob") as bob:
        for sender, other in ((alice, bob), (bob, alice)):
            await sender.hears_of(other)
            sent = await sender.agent.send(other.id, b"note", skill=other.skill, reliable=True)
            await sent.receipt()
            assert other.handled == {b"note": 1}


async def test_a_handlers_failure_reaches_the_asker_in_its_own_words_only_if_meant(pair: Pair) -> None:
    async def fail(message: Message) -> bytes:
        if message.body == b"say why":
            raise Failed("the modem does not answer")
        raise ValueError("a secret")

    async with present(pair.near, "alice") as alice, present(pair.far, "bob", fail) as bob:
        await alice.hears_of(bob)
        with pytest.raises(Failed, match="the modem does not answer"):
            await alice.agent.ask(bob.id, b"say why", skill=bob.skill)
        with pytest.raises(Failed, match="its own log says why"):
            await alice.agent.ask(bob.id, b"break", skill=bob.skill)


async def test_an_agent_that_the_peer_does_not_have_is_not_found(pair: Pair) -> None:
    async with present(pair.near, "alice") as alice:
        nobody = PartyId.of(fresh("nobody"), pair.far.path.name)
        with pytest.raises(NotFound, match=str(nobody)):
            await alice.agent.ask(nobody, b"?", skill="test.any")
        with pytest.raises(NotFound, match="nobody who is online"):
            await alice.agent.ask(fresh("test.none"), b"?")


async def test_what_is_published_reaches_the_subscribers_of_both_domains(pair: Pair) -> None:  # AG-7
    topic = fresh("news.test")
    async with (
        present(pair.near, "alice") as alice,
        present(pair.near, "ann", topic=topic) as ann,
        present(pair.far, "bob", topic=topic) as bob,
    ):
        await alice.hears_of(ann)
        await alice.hears_of(bob)
        assert await alice.agent.publish(topic, b"news", reliable=True) == 2
        await ann.has(1)
        await bob.has(1)
        assert ann.handled == bob.handled == {b"news": 1}


async def test_a_peers_agents_appear_with_their_gateway_and_are_gone_when_they_leave(pair: Pair) -> None:
    # GW-4, REG-7
    async with present(pair.near, "alice") as alice:
        async with present(pair.far, "bob") as bob:
            await alice.hears_of(bob)
            (record,) = (await alice.agent.discover(bob.skill)).matches
            assert (record.party, record.gateway) == (str(bob.id), f"gw@{bob.id.domain}")
            bobs_id = bob.id
        await alice.misses(bob)
        with pytest.raises(NotFound, match="nobody who is online"):
            await alice.agent.ask(bob.skill, b"?")
        with pytest.raises(Unavailable):  # known, but nobody reads a realtime question now
            await alice.agent.ask(bobs_id, b"?", skill=bob.skill, timeout_s=0.5)


async def test_a_large_body_crosses_unchanged(pair: Pair) -> None:
    body = bytes(range(256)) * 1024
    async with present(pair.near, "alice") as alice, present(pair.far, "bob") as bob:
        await alice.hears_of(bob)
        assert (await alice.agent.ask(bob.id, body, skill=bob.skill)).body == body
