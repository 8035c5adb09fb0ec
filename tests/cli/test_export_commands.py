"""`overlay peer export show`, `set`, `check`, as an operator types them."""

from __future__ import annotations

import json
from pathlib import Path

from overlay.endpoint.message import Message
from tests.cli.test_program import complaint
from tests.live_domain import LiveDomain, fresh, overlay


async def silence(_: Message) -> bytes:
    return b""


async def test_an_operator_sees_what_a_policy_would_hide_before_it_is_set(
    live: LiveDomain, tmp_path: Path
) -> None:
    peer, home = f"{fresh('peer')}.example", ("--home", live.home)
    (tmp_path / "export.toml").write_text('[[deny]]\nskills = ["export.secret"]\n')
    clerk = await live.agent("clerk", ("export.secret", "export.open"))
    for skill in ("export.secret", "export.open"):
        clerk.serves(skill)(silence)
    async with clerk:
        name = str(clerk.id)
        dry = await overlay("peer", "export", "set", peer, "export.toml", "--dry-run", *home, cwd=tmp_path)
        assert (dry.code, f"would be hidden: {name} skill export.secret\n" in dry.out) == (0, True), dry.err
        assert f"{peer} is not a peer yet" in dry.out
        assert dry.out.endswith("export.toml is good. Nothing was changed.\n")
        before = json.loads((await overlay("peer", "export", "show", peer, *home, "--json")).out)
        assert before["policy"]["deny"] == []
        done = await overlay("peer", "export", "set", peer, "export.toml", *home, "--json", cwd=tmp_path)
        hidden = [one for one in json.loads(done.out)["hidden"] if one["agent"] == name]
        assert hidden == [{"agent": name, "skills": ["export.secret"], "topics": []}]
        seen = json.loads((await overlay("peer", "export", "check", peer, *home, "--json")).out)["seen"]
        assert [one["skills"] for one in seen if one["agent"] == name] == [["export.open"]]
        tried = await overlay("peer", "export", "clear", peer, "--dry-run", *home)
        assert f"would be shown: {name} skill export.secret\n" in tried.out
        cleared = await overlay("peer", "export", "clear", peer, *home)
        assert f"shown: {name} skill export.secret\n" in cleared.out
    (tmp_path / "export.toml").write_text('[[deny]]\nskils = ["export.secret"]\n')
    wrong = await overlay("peer", "export", "check", peer, "export.toml", *home, cwd=tmp_path)
    assert "did you mean skills?" in complaint(wrong)
