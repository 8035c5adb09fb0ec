"""Message keys between processes that come and go."""

from __future__ import annotations

from overlay.errors import UnknownKey
from overlay.naming.subjects import Priority
from overlay.trust.identity import Role
from overlay.trust.keys import new_id
from overlay.wire.content import Content, Kind
from overlay.wire.envelope import decode_envelope
from tests.endpoint.handlers import Inbox, echo
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain


def wrapped(domain: MemoryDomain, to: str) -> list[bool]:
    """Whether the messages to agent `to` carried their key, in order."""
    sent = [item for item in domain.broker.sent if f".agent.{to}." in item.subject]
    return [bool(decode_envelope(item.payload).header.wrap) for item in sent]


async def test_a_key_travels_until_the_receiver_confirmed_it() -> None:
    domain = MemoryDomain()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(echo)
        for _ in range(3):
            await alice.ask(bob.me, b"?")
    assert wrapped(domain, "bob") == [True, False, False]


async def test_a_question_survives_that_its_receiver_began_anew() -> None:
    domain = MemoryDomain()
    party = domain.party("bob")
    async with domain.open("alice") as alice:
        for _ in range(3):
            async with domain.open(party) as bob:
                await bob.serve(echo)
                assert (await alice.ask(bob.me, b"?")).body == b"?"
                await alice.ask(bob.me, b"?")
        assert alice.counters["sent-again"] == 2


async def test_a_message_survives_that_its_receiver_began_anew() -> None:
    domain, inbox = MemoryDomain(), Inbox()
    party = domain.party("bob")
    async with domain.open("alice") as alice:
        async with domain.open(party) as bob:
            await bob.serve(echo)
            await alice.ask(bob.me, b"?")
        async with domain.open(party) as bob:
            await bob.serve(inbox)
            await alice.send(bob.me, b"after")
            assert (await inbox.next()).body == b"after"
    assert len(inbox.messages) == 1


async def test_any_process_of_the_receiver_can_be_given_the_key() -> None:
    domain = MemoryDomain()
    party = domain.party("bob")
    async with domain.open("alice") as alice, domain.open(party) as one, domain.open(party) as two:
        await one.serve(echo)
        await two.serve(echo)
        for number in range(20):
            assert (await alice.ask(one.me, str(number).encode())).body == str(number).encode()
        assert alice.counters["sent-again"] <= 5


async def test_an_answer_survives_that_the_asker_has_a_new_process() -> None:
    domain = MemoryDomain()
    party = domain.party("alice")
    async with domain.open("bob") as bob:
        await bob.serve(echo)
        for _ in range(3):
            async with domain.open(party) as alice:
                for _ in range(2):
                    assert (await alice.ask(bob.me, b"?")).body == b"?"


async def test_a_key_that_is_not_known_travels_again_whichever_message_that_is_said_of() -> None:
    domain = MemoryDomain()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(echo)
        await alice.ask(bob.me, b"?")
        await alice.ask(bob.me, b"?")
        lacked = Content(kind=Kind.ERROR, about=(new_id(),), reason=UnknownKey.reason)
        deadline_ms = int((domain.clock() + 30) * 1000)
        await bob._parts.post.answer(alice.me, alice.slot, Priority.NORMAL, lacked, deadline_ms)
        await until(lambda: alice.counters["unasked-error"] == 1)
        await alice.ask(bob.me, b"?")
    assert wrapped(domain, "bob") == [True, False, True]


async def test_a_fresh_process_of_a_known_agent_understands_its_first_answer_at_once() -> None:  # GW-15
    domain = MemoryDomain()
    party = domain.party("alice")
    async with domain.open("bob") as bob:
        await bob.serve(echo)
        async with domain.open(party) as alice:
            for _ in range(2):
                await alice.ask(bob.me, b"?")
        for _ in range(2):  # caps would count what it said of a key that it lacks
            async with domain.open(party) as fresh:
                assert (await fresh.ask(bob.me, b"?")).body == b"?"
                assert fresh.counters["unknown-key"] == 0


async def test_messages_kept_for_another_sending_are_bounded() -> None:
    domain = MemoryDomain()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        for _ in range(600):
            await alice.send(bob.me, b"x")
        assert len(alice._parts.post._recent._kept) == domain.settings.resend_messages
        for _ in range(60):
            await alice.send(bob.me, bytes(300_000))
        assert alice._parts.post._recent._bytes <= domain.settings.resend_bytes


async def test_a_renewed_sender_is_heard_with_its_new_certificate() -> None:
    domain, inbox = MemoryDomain(), Inbox()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(inbox)
        await alice.send(bob.me, b"1")
        old = (await inbox.next()).identity.serial
        await alice.renew(domain.credentials("alice", Role.AGENT, ("new.skill",)))
        bob.trust.deny(domain.name, old)
        await alice.send(bob.me, b"2")
        assert (await inbox.next()).identity.skills == ("new.skill",)
