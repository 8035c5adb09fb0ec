"""Asking and answering, inside one domain."""

from __future__ import annotations

import asyncio

import pytest

from overlay.endpoint.message import Message, ServiceRequest
from overlay.errors import Failed, NotFound, Overloaded, Refused, TimedOut, TooLarge, UnknownKey
from overlay.naming.ids import CA, REGISTRY, PartyId
from overlay.naming.subjects import Priority
from overlay.trust.identity import Role
from tests.endpoint.handlers import Gate, Inbox, echo
from tests.endpoint.waiting import until
from tests.links import envelope
from tests.memory_domain import MemoryDomain, quick


async def test_a_request_reaches_the_handler_with_its_proved_sender_and_is_answered() -> None:
    domain = MemoryDomain()
    inbox = Inbox()
    alice = domain.party("alice", skills=("network.repair",))
    async with domain.open(alice) as asker, domain.open("bob") as bob:
        await bob.serve(inbox)
        attributes = {"type": "text/plain"}
        reply = await asker.ask(bob.me, b"?", topic="repair", priority=Priority.HIGH, attributes=attributes)
    assert (reply.body, reply.sender) == (b"taken", bob.me)
    got = inbox.messages[0]
    assert (got.body, got.topic, got.attributes, got.priority) == (b"?", "repair", attributes, Priority.HIGH)
    assert (got.identity.party, got.identity.role, got.identity.skills) == (
        alice.id,
        Role.AGENT,
        ("network.repair",),
    )


async def test_questions_asked_at_once_get_each_its_own_answer() -> None:
    domain = MemoryDomain()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(echo)
        bodies = [str(number).encode() for number in range(300)]
        replies = await asyncio.gather(*(alice.ask(bob.me, body) for body in bodies))
    assert [reply.body for reply in replies] == bodies


async def test_a_party_can_ask_itself() -> None:
    domain = MemoryDomain()
    async with domain.open("alice") as alice:
        await alice.serve(echo)
        assert (await alice.ask(alice.me, b"me")).body == b"me"


async def test_an_answer_goes_to_the_process_that_asked() -> None:
    domain = MemoryDomain()
    party = domain.party("alice")
    async with domain.open(party) as one, domain.open(party) as two, domain.open("bob") as bob:
        await bob.serve(echo)
        for number in range(5):
            asked = await asyncio.gather(one.ask(bob.me, b"1"), two.ask(bob.me, b"2"))
            assert [reply.body for reply in asked] == [b"1", b"2"], number
        assert one.counters["unasked"] == two.counters["unasked"] == 0


async def test_what_a_handler_refuses_reaches_the_asker_with_its_class_and_text() -> None:
    domain = MemoryDomain()

    async def refuse(message: Message) -> bytes:
        raise Refused(f"not for {message.sender}")

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(refuse)
        with pytest.raises(Refused, match=r"not for alice@a\.example"):
            await alice.ask(bob.me, b"?")
    assert domain.errors == []


@pytest.mark.parametrize("error", [RuntimeError("secret"), UnknownKey("secret")])
async def test_a_handlers_own_troubles_reach_the_asker_as_failed_without_their_text(
    error: Exception,
) -> None:
    domain = MemoryDomain()

    async def fail(message: Message) -> bytes:
        raise error

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(fail)
        with pytest.raises(Failed) as raised:
            await alice.ask(bob.me, b"?")
        assert bob.counters["handler-failed"] == 1
    assert "secret" not in str(raised.value)


async def test_an_unexpected_error_of_a_handler_is_told_at_home() -> None:
    domain = MemoryDomain()
    error = RuntimeError("bug")

    async def fail(message: Message) -> bytes:
        raise error

    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(fail)
        with pytest.raises(Failed):
            await alice.ask(bob.me, b"?")
    assert [told for _, told in domain.errors] == [error]


async def test_an_unknown_agent_is_not_found() -> None:
    domain = MemoryDomain()
    async with domain.open("alice") as alice:
        with pytest.raises(NotFound):
            await alice.ask(PartyId.of("nobody", domain.name), b"?")


async def test_too_much_is_refused_before_anything_is_sent_or_looked_up() -> None:
    domain = MemoryDomain("a.example", quick(max_body_bytes=1024))
    async with domain.open("alice") as alice:
        bob = domain.party("bob").id
        with pytest.raises(TooLarge, match="max_body_bytes"):
            await alice.send(bob, bytes(1025))
        with pytest.raises(TooLarge, match="max_attributes_bytes"):
            await alice.ask(bob, b"", attributes={"note": "x" * 9000})
    assert domain.broker.sent == []
    assert domain.directory.lookups == 0


async def test_a_question_that_nobody_answers_times_out_and_is_forgotten() -> None:
    domain = MemoryDomain("a.example", quick(asks_at_once=1))
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        for _ in range(2):
            with pytest.raises(TimedOut):
                await alice.ask(bob.me, b"?", timeout_s=0.01)


async def test_questions_that_wait_are_bounded() -> None:
    domain = MemoryDomain("a.example", quick(asks_at_once=2))
    gate = Gate()
    async with domain.open("alice") as alice, domain.open("bob") as bob:
        await bob.serve(gate)
        async with asyncio.TaskGroup() as group:
            asking = [group.create_task(alice.ask(bob.me, b"?")) for _ in range(2)]
            await until(lambda: gate.running == 2)
            with pytest.raises(Overloaded, match="asks_at_once"):
                await alice.ask(bob.me, b"?")
            gate.open.set()
        assert all(task.result().body == b"?" for task in asking)


async def test_a_service_sees_operation_and_role_of_whoever_asks() -> None:
    domain = MemoryDomain()

    async def answer(request: ServiceRequest) -> bytes:
        return f"{request.operation} {request.sender.role} {request.sender.party.name}".encode()

    service = domain.party(CA, Role.SERVICE)
    operator = domain.party("operator", Role.OPERATOR)
    newcomer = domain.party("join-1", Role.JOIN)
    async with domain.open(service) as ca:
        await ca.serve_service(CA, answer)
        async with domain.open(operator) as one, domain.open(newcomer) as two, domain.open("alice") as three:
            assert await one.ask_service(CA, "list", b"") == b"list operator operator"
            assert await two.ask_service(CA, "apply", b"") == b"apply join join-1"
            assert await three.ask_service(CA, "status", b"") == b"status agent alice"


async def test_a_replica_of_a_service_answers_at_once_although_it_has_just_begun() -> None:
    domain = MemoryDomain()

    async def answer(request: ServiceRequest) -> bytes:
        return request.body

    service = domain.party(REGISTRY, Role.SERVICE)
    async with domain.open("alice") as alice:
        for body in (b"first", b"second"):
            async with domain.open(service) as registry:
                await registry.serve_service(REGISTRY, answer)
                assert await alice.ask_service(REGISTRY, "find", body) == body
        assert alice.counters["sent-again"] == 0


async def test_who_floods_a_service_is_stopped_and_others_are_answered() -> None:
    domain = MemoryDomain()

    async def answer(request: ServiceRequest) -> bytes:
        return request.body

    few = quick(questions_per_s=0.001, questions_burst=3)
    service = domain.party(REGISTRY, Role.SERVICE, settings=few)
    async with (
        domain.open(service) as registry,
        domain.open("mallory") as mallory,
        domain.open("alice") as alice,
    ):
        await registry.serve_service(REGISTRY, answer)
        _, unproved = envelope(str(mallory.me), str(registry.me))
        for _ in range(10):
            await mallory.transport.publish("ov.svc.registry.find.mallory", unproved)
        await until(lambda: registry.counters["over-rate"] == 7)
        assert await alice.ask_service(REGISTRY, "find", b"who?") == b"who?"
        assert registry.counters.total() == 10


async def test_what_the_broker_itself_says_under_a_token_is_not_held_against_its_owner() -> None:
    domain = MemoryDomain()

    async def answer(request: ServiceRequest) -> bytes:
        return request.body

    few = quick(questions_per_s=0.001, questions_burst=3)
    service = domain.party(REGISTRY, Role.SERVICE, settings=few)
    async with domain.open(service) as registry, domain.open("alice") as alice:
        await registry.serve_service(REGISTRY, answer)
        for _ in range(10):  # NATS puts its acknowledgements where a publisher wants them
            domain.broker.publish(f"ov.svc.registry.find.{alice.me.name}", b'{"stream":"OV","seq":1}')
        await until(lambda: registry.counters["bad-envelope"] == 10)
        assert await alice.ask_service(REGISTRY, "find", b"who?") == b"who?"
        assert not registry.counters["over-rate"]


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.JOIN])
async def test_those_who_may_ask_services_only_send_nothing_to_agents(role: Role) -> None:
    domain = MemoryDomain()
    bob = domain.party("bob")
    name = "operator" if role is Role.OPERATOR else "join-1"
    async with domain.open(name, role) as caller:
        with pytest.raises(Refused, match="services only"):
            await caller.ask(bob.id, b"?")
        with pytest.raises(Refused, match="services only"):
            await caller.send(bob.id, b"!")
    assert domain.broker.sent == []
