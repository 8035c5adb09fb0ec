"""Which function of an application gets a message, and what may be said."""

from __future__ import annotations

import pytest

from overlay.agent.handlers import Handlers
from overlay.endpoint.message import Message
from overlay.errors import BadInput, BadName, NotFound
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.policy.access import AccessPolicy, allowing, decide
from overlay.policy.caller import Caller
from overlay.wire.body import to_bytes
from tests.memory_domain import MemoryDomain


def message(topic: str, body: bytes = b"") -> Message:
    identity = MemoryDomain().credentials("somebody").identity
    return Message(identity.party, identity, body, topic, b"1" * 16, False, Priority.NORMAL, 0.0, {}, 1)


async def answer_a(_: Message) -> str:
    return "ä"


async def answer_b(_: Message) -> bytes:
    return b"b"


async def test_a_skill_is_handled_by_its_own_function_and_one_below_it_by_the_only_one_there_is() -> None:
    handlers = Handlers()
    handlers.add_skill("network.faults", answer_a)
    handlers.add_skill("text.echo", answer_b)
    assert await handlers(message("network.faults")) == "ä".encode()
    assert await handlers(message("network")) == "ä".encode()
    assert await handlers(message("text.echo")) == b"b"


async def test_what_nobody_handles_is_refused_with_what_is_served() -> None:
    handlers = Handlers()
    handlers.add_skill("one.skill", answer_a)
    handlers.add_skill("two.skill", answer_b)
    with pytest.raises(NotFound, match=r"one\.skill, two\.skill"):
        await handlers(message("three.skill"))
    with pytest.raises(NotFound, match="names no skill"):
        await handlers(message(""))


def test_a_skill_has_one_handler_and_a_name() -> None:
    handlers = Handlers()
    handlers.add_skill("one.skill", answer_a)
    with pytest.raises(BadInput, match="has a handler already"):
        handlers.add_skill("one.skill", answer_b)
    with pytest.raises(BadName):
        handlers.add_topic("Not A Topic", answer_b)


def test_a_body_is_bytes_or_text_and_nothing_else() -> None:
    assert (to_bytes(None), to_bytes("ä"), to_bytes(b"\xff")) == (b"", "ä".encode(), b"\xff")
    with pytest.raises(BadInput, match="not dict"):
        to_bytes({})  # type: ignore[arg-type]  # as an application without types would


def test_a_body_is_read_as_text_where_it_is_text() -> None:
    assert message("x", "ä".encode()).text == "ä"
    with pytest.raises(BadInput, match="UTF-8"):
        _ = message("x", b"\xff").text


def test_a_pattern_of_many_topics_opens_none_of_the_librarys_own() -> None:  # GW-17
    handlers = Handlers()
    handlers.add_topic("*.>", answer_a)
    handlers.add_topic("*.file", answer_a)
    policy = AccessPolicy(allow=tuple(allowing(("b.example",), skill=one) for one in ("*.>", "*.file")))
    stranger = Caller(PartyId("eve", "b.example"), "a.example")
    assert decide(policy, stranger, handlers.means("news.file")).allowed
    for topic in ("overlay.file", "overlay.channel", "overlay"):
        assert not decide(policy, stranger, handlers.means(topic)).allowed
    for name in ("overlay", "overlay.file", "overlay.>", "overlay.*"):
        with pytest.raises(BadName, match="own"):
            handlers.add_topic(name, answer_a)
    with pytest.raises(BadName, match="own"):
        handlers.add_skill("overlay", answer_a)
