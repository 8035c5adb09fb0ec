"""`overlay dead-letters` on agents of a domain that is up: listed, shown, sent again, dropped (GW-24)."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from overlay.cli.dead_letters import app
from overlay.endpoint.message import Message
from overlay.errors import BadInput, Refused
from tests.live_domain import LIMIT_S, LiveDomain, fresh, overlay


async def test_what_was_refused_is_listed_and_sent_again_once_it_can_be_handled(live: LiveDomain) -> None:
    skill, willing, got, came = fresh("cli.dead"), False, list[Message](), asyncio.Event()
    receiver, sender = await live.agent("receiver", (skill,)), await live.agent("sender")

    async def handle(message: Message) -> None:
        if not willing:
            raise Refused("not today")
        got.append(message)
        came.set()

    receiver.serves(skill)(handle)
    async with receiver:
        async with sender:
            who = ("--as", sender.id.name, "--home", live.home)
            for body in (b"first", b"second"):
                sent = await sender.send(receiver.id, body, skill=skill, reliable=True)
                with pytest.raises(Refused, match="not today"):
                    await sent.receipt()
            assert [letter.said for letter in sender.dead_letters()] == ["not today"] * 2
            listed = json.loads((await overlay("dead-letters", "list", "--json", *who)).out)["dead_letters"]
            assert [(one["reason"], one["side"]) for one in listed] == [("refused", "sent")] * 2
            shown = await overlay("dead-letters", "show", listed[0]["id"][:10], "--json", *who)
            assert json.loads(shown.out)["body"] == "first"
            dropped = await overlay("dead-letters", "drop", listed[1]["id"], *who)
            assert (dropped.code, dropped.out) == (0, "1 dropped.\n")
        willing = True
        again = await overlay("dead-letters", "send-again", "--all", "--deadline", str(LIMIT_S), *who)
        assert (again.code, again.out, again.err) == (0, "1 sent again.\n", "")
        async with sender:  # its next process goes on with it
            assert sender.dead_letters() == []
            async with asyncio.timeout(LIMIT_S):
                await came.wait()
    assert [message.body for message in got] == [b"first"]


def test_wrong_usage_is_said(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="--all"):
        CliRunner().invoke(app, ["send-again", "--home", str(tmp_path)], catch_exceptions=False)
