"""overlay session: from its opening until it is read after its end, in a shell."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from tests.live_domain import LIMIT_S, LiveDomain, done, fresh, overlay, start

pytestmark = pytest.mark.timeout(300)  # it may be the one that starts the domain


async def _shown(*words: str, home: str) -> dict[str, Any]:
    ended = await overlay("session", *words, "--home", home, "--json")
    assert ended.code == 0, ended.err
    shown = json.loads(ended.out)
    assert isinstance(shown, dict)
    return shown


async def test_a_session_is_held_in_a_shell_and_read_after_its_end(live: LiveDomain) -> None:  # AG-1, AG-2
    owner, member, home = fresh("owner"), fresh("member"), live.home
    session = f"{fresh('case')}@{live.name}"
    ours, theirs = (session, "--as", owner), (session, "--as", member)
    named = (session.partition("@")[0], "--as", owner, "--invite", f"{member}@{live.name}")
    opened = await _shown("open", *named, home=home)
    assert (opened["session"], opened["initiator"]) == (session, f"{owner}@{live.name}")

    follower = await start("session", "events", *ours, "--follow", "--home", home)
    assert follower.stdout is not None
    async with asyncio.timeout(2 * LIMIT_S):
        assert b"(joined" in await follower.stdout.readline()
    joined = await _shown("join", *theirs, home=home)
    there = [f"{name}@{live.name}" for name in (owner, member)]
    assert [one["party"] for one in joined["participants"]] == there
    said = await _shown("say", session, "the line is dead", "--as", member, "--id", "first", home=home)
    kept, listed, shown = await asyncio.gather(
        _shown("checkpoint", *theirs, "half", home=home),
        _shown("list", "--as", owner, home=home),
        _shown("show", *ours, home=home),
    )
    assert said["number"] <= kept["number"]
    assert [one["session"] for one in listed["sessions"]] == [session]
    assert (shown["state"], shown["last"] >= said["number"]) == ("runs", True)
    assert (await _shown("end", *ours, "--why", "solved", home=home))["done"] == "ended"
    followed = await done(follower, 2 * LIMIT_S)
    assert followed.code == 0, followed.err
    assert "the line is dead" in followed.out
    assert "(ended: solved)" in followed.out.splitlines()[-1]
    read = await overlay("session", "events", *theirs, "--after", "0", "--home", home)
    assert "the line is dead" in read.out, read.err
