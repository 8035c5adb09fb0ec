"""Agents of one domain, as applications use them, on a real broker."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import msgspec
import pytest

from overlay import Agent, Message, Priority
from overlay.ca.protocol import MakeToken
from overlay.domain.operator import operator
from overlay.errors import (
    BadInput,
    BadSettings,
    Expired,
    Failed,
    NotFound,
    OverlayError,
    Refused,
    TimedOut,
    TooLarge,
    Unreachable,
)
from overlay.registry.record import Presence
from overlay.registry.search.protocol import Match
from tests.live_domain import LIMIT_S, LiveDomain, fresh


async def serving(live: LiveDomain, skill: str) -> Agent:
    """An agent that answers with its own ID; not entered yet."""
    agent = await live.agent("server", [skill])

    @agent.serves(skill, abstract="says who it is")
    async def who(message: Message) -> str:
        return f"{agent.id} heard {message.text}"

    return agent


async def test_an_agent_is_asked_by_its_skill_and_by_its_name(live: LiveDomain) -> None:
    skill = fresh("test.who")
    async with await serving(live, skill) as server, await live.agent() as asker:
        by_skill = await asker.ask(skill, "one", priority=Priority.HIGH)
        by_name = await asker.ask(str(server.id), b"two", timeout_s=LIMIT_S)
        assert by_skill.text == f"{server.id} heard one"
        assert by_name.text == f"{server.id} heard two"
        assert by_name.sender == server.id
        assert [record.party for record in (await asker.discover(skill)).matches] == [str(server.id)]


async def test_one_that_is_found_by_what_is_above_its_skills_is_asked_for_one_of_them(
    live: LiveDomain,
) -> None:
    above = fresh("test.above")
    agent = await live.agent("server", [above])

    async def which(message: Message) -> str:
        return message.topic

    agent.serves(f"{above}.one")(which)
    agent.serves(f"{above}.two")(which)
    async with agent, await live.agent() as asker:
        assert (await asker.ask(above)).text == f"{above}.one"


async def test_the_next_one_that_has_the_skill_is_asked_when_the_first_is_not_there(
    live: LiveDomain, monkeypatch: pytest.MonkeyPatch
) -> None:
    skill = fresh("test.two")
    async with await serving(live, skill) as server, await live.agent() as asker:
        found = (await asker.discover(skill)).matches
        record = msgspec.structs.replace(found[0].record, party="gone-away@live.example")
        gone = msgspec.structs.replace(found[0], record=record)

        async def find(_: str) -> list[Match]:
            return [gone, *found]

        monkeypatch.setattr(asker._here.registry, "find", find)
        assert (await asker.ask(skill, "hello")).text == f"{server.id} heard hello"


async def test_a_skill_that_nobody_offers_is_said_so(live: LiveDomain) -> None:
    async with await live.agent() as asker:
        with pytest.raises(NotFound, match="nobody who is online offers"):
            await asker.ask(fresh("test.nobody"), "x")
        with pytest.raises(NotFound, match=r"such as echo@live\.example"):
            await asker.ask("echo", "x")
        with pytest.raises(NotFound, match="not registered"):
            await asker.ask("nobody-at-all@live.example", "x")


async def test_a_new_process_of_an_asker_is_answered_like_the_first(live: LiveDomain) -> None:
    """The one that answers still seals with the key that only the first process knows."""
    skill = fresh("test.again")
    async with await serving(live, skill) as server:
        home = (await live.agent("asker"))._home
        for question in ("first", "second"):
            async with Agent(home) as asker:
                answer = await asker.ask(server.id, question, skill=skill, timeout_s=LIMIT_S)
                assert answer.text == f"{server.id} heard {question}"


async def test_a_reliable_message_has_a_receipt_when_it_was_handled(live: LiveDomain) -> None:
    skill = fresh("test.keep")
    kept: list[bytes] = []
    keeper = await live.agent("keeper", [skill])

    @keeper.serves(skill)
    async def keep(message: Message) -> None:
        assert message.reliable
        kept.append(message.body)

    async with keeper, await live.agent() as sender:
        sent = await sender.send(skill, "keep me", reliable=True)
        async with asyncio.timeout(LIMIT_S):
            await sent.receipt()
        assert kept == [b"keep me"]


async def test_a_handler_that_breaks_tells_the_asker_that_it_failed_and_no_more(
    live: LiveDomain, caplog: pytest.LogCaptureFixture
) -> None:
    skill, refused = fresh("test.breaks"), fresh("test.refuses")
    broken = await live.agent("broken", [skill, refused])

    @broken.serves(skill)
    async def handle(_: Message) -> bytes:
        raise RuntimeError("the password is swordfish")

    @broken.serves(refused)
    async def refuse(_: Message) -> bytes:
        raise Refused("not on Sundays")

    with caplog.at_level(logging.ERROR):  # its own log would hold the traceback
        async with broken, await live.agent() as asker:
            with pytest.raises(Failed) as failed:
                await asker.ask(broken.id, "x", skill=skill)
            with pytest.raises(Refused, match="not on Sundays"):
                await asker.ask(broken.id, "x", skill=refused)
    assert "swordfish" not in str(failed.value)


async def test_a_film_is_no_body_of_a_task_and_the_refusal_says_how_it_goes(live: LiveDomain) -> None:
    async with await live.agent() as asker:  # AG-8
        with pytest.raises(TooLarge, match=r"offer it as a file .* fetch it"):
            await asker.start_task("bob@live.example", bytes(100_000), media_type="video/mp4")


async def test_a_question_that_nobody_answers_ends_with_its_time(live: LiveDomain) -> None:
    skill = fresh("test.slow")
    slow = await live.agent("slow", [skill])
    never = asyncio.Event()

    @slow.serves(skill)
    async def handle(_: Message) -> bytes:
        async with asyncio.timeout(LIMIT_S):
            await never.wait()
        return b""

    async with slow, await live.agent() as asker:
        with pytest.raises(TimedOut, match="did not answer"):
            await asker.ask(skill, "x", timeout_s=0.3)
        never.set()


async def test_an_agent_answers_what_it_was_asked_before_it_leaves(live: LiveDomain) -> None:
    skill = fresh("test.leaving")
    asked, go_on = asyncio.Event(), asyncio.Event()
    server = await live.agent("server", [skill])

    @server.serves(skill)
    async def handle(_: Message) -> str:
        asked.set()
        await go_on.wait()
        return f"goodbye from {server.id}"  # the agent can still be used here

    async with await live.agent() as asker:
        async with server:
            question = asyncio.create_task(asker.ask(skill, "x", timeout_s=LIMIT_S))
            async with asyncio.timeout(LIMIT_S):
                await asked.wait()
            asyncio.get_running_loop().call_later(0.1, go_on.set)
        assert (await question).text.startswith("goodbye")


async def test_an_agent_is_online_while_it_is_there(live: LiveDomain) -> None:
    skill = fresh("test.online")
    server = await serving(live, skill)
    async with await live.agent() as asker:
        async with server:
            (record,) = await asker._here.registry.find(skill, online=False)
            assert record.presence is Presence.ONLINE
        (record,) = await asker._here.registry.find(skill, online=False)
        assert record.presence is Presence.OFFLINE


async def test_an_agent_is_entered_once_at_a_time_and_used_inside_its_block(live: LiveDomain) -> None:
    agent = await live.agent()
    async with agent:
        with pytest.raises(BadInput, match="in use already"):
            await agent.__aenter__()
    with pytest.raises(Unreachable, match="async with"):
        await agent.ask("test.x", "x")
    async with agent:
        assert agent.id.domain == "live.example"


async def test_an_agent_may_serve_only_what_its_certificate_permits(live: LiveDomain) -> None:
    agent = await live.agent("poser", [fresh("test.permitted")])

    @agent.serves("test.else")
    async def handle(_: Message) -> bytes:
        return b""

    with pytest.raises(Refused, match=r"test\.else"):
        await agent.__aenter__()


async def test_a_token_makes_one_newcomer_an_agent_once(live: LiveDomain, tmp_path: Path) -> None:
    name = fresh("newcomer")
    async with operator(live.folder) as hand:
        token = await hand.ca.token(MakeToken(name, ("test.new",)))
    async with Agent(tmp_path / "first", token=token) as agent:
        assert agent.id.name == name
    async with Agent(tmp_path / "first") as agent:
        assert agent.id.name == name
    with pytest.raises((Refused, Unreachable), match=r"spent|used before"):
        await Agent(tmp_path / "second", token=token).__aenter__()
    assert not (tmp_path / "second").exists()


async def test_a_folder_without_an_agent_needs_a_token(tmp_path: Path) -> None:
    folder = tmp_path / "none"
    with pytest.raises(BadSettings, match="join token"):
        await Agent(folder).__aenter__()
    with pytest.raises(BadInput, match="incomplete or was changed"):
        await Agent(folder, token="AAAAAAAA").__aenter__()
    assert not folder.exists()


async def test_an_agent_whose_certificate_ended_ends_with_what_to_do(
    live: LiveDomain, monkeypatch: pytest.MonkeyPatch
) -> None:  # CA-5
    def ended(_: object, __: object, why: OverlayError) -> None:
        raise Expired(f"it ended, because {why}: join again")

    async def refused(_: object) -> bool:
        raise Refused("the policy says no")

    monkeypatch.setattr("overlay.agent.renewal.check_not_expired", ended)
    monkeypatch.setattr("overlay.agent.renewal.Renewal.check", refused)
    with pytest.raises(Expired, match="the policy says no: join again"):
        async with await live.agent() as agent:
            await agent.forever()
