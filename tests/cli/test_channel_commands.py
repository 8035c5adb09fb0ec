"""overlay channel: what operators and agents do with channels in a shell."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from tests.live_domain import LIMIT_S, LiveDomain, done, fresh, overlay, start


async def _shown(*words: str, home: str) -> dict[str, Any]:
    ended = await overlay("channel", *words, "--home", home, "--json")
    assert ended.code == 0, ended.err
    shown = json.loads(ended.out)
    assert isinstance(shown, dict)
    return shown


async def test_a_channel_from_its_creation_to_its_release(live: LiveDomain) -> None:  # GW-9
    owner, member, home = fresh("owner"), fresh("member"), live.home
    channel = f"{fresh('case')}@{live.name}"
    invited = ("--reader", f"reader@{live.name}", "--deputy", f"{member}@{live.name}")
    told = ("--about", "no dial tone", "--history", "all")
    made = await _shown("create", channel.partition("@")[0], "--as", owner, *invited, *told, home=home)
    assert made == {"channel": channel, "done": "is there"}

    listener = await start("channel", "listen", channel, "--as", owner, "--home", home)
    assert listener.stdout is not None
    async with asyncio.timeout(2 * LIMIT_S):
        assert b"reads" in await listener.stdout.readline()
        await _shown("join", channel, "--as", member, home=home)
        found = await asyncio.gather(
            _shown("publish", channel, "the line is dead", "--as", member, home=home),
            _shown("list", "--of", f"{member}@{live.name}", home=home),
            _shown("show", channel, home=home),
        )
        line = await listener.stdout.readline()
    assert line.decode() == f"{member}@{live.name}: the line is dead\n"
    assert [(one["channel"], one["about"]) for one in found[1]["channels"]] == [(channel, "no dial tone")]
    shown = found[2]
    names = [f"{name}@{live.name}" for name in (owner, "sessions", member)]
    assert [(one["party"], one["record"]) for one in shown["members"]] == [
        (name, name == names[1]) for name in names
    ]
    assert (shown["owner"], shown["deputies"]) == (f"{owner}@{live.name}", [f"{member}@{live.name}"])
    assert (shown["history"], shown["signed"], shown["may"]) == ("all", False, "publish+read")
    async with asyncio.timeout(2 * LIMIT_S):
        past: list[dict[str, Any]] = []
        while not past:
            past = (await _shown("history", channel, "--as", member, home=home))["past"]
    assert [(one["number"], one["sender"], one["body"]) for one in past] == [
        (1, names[2], "the line is dead")
    ]

    guest, acts = f"{fresh('guest')}@{live.name}", ("--as", owner)
    assert (await _shown("invite", channel, guest, "--as", member, home=home))["done"] == f"invited {guest}"
    await _shown("join", channel, "--as", guest.partition("@")[0], home=home)
    for act in ("appoint", "dismiss", "remove"):
        assert (await _shown(act, channel, guest, *acts, home=home))["channel"] == channel
    members = (await _shown("show", channel, home=home))["members"]
    assert guest not in [one["party"] for one in members]
    assert (await _shown("leave", channel, "--as", member, home=home))["done"] == "left"
    assert (await _shown("list", "--of", f"{member}@{live.name}", home=home))["channels"] == []
    assert (await _shown("release", channel, "--as", owner, home=home))["done"] == "released"
    async with asyncio.timeout(2 * LIMIT_S):
        assert (await done(listener)).code == 0  # it is out
