"""Which agent, channel or session a command is about, said before anything is done."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.agent.running import one_line
from overlay.cli.acting import as_agent
from overlay.cli.channel_acting import named
from overlay.cli.whose import home_of
from overlay.domain.create import Wish, create_domain
from overlay.errors import BadName, NotFound
from overlay.transport.address import BrokerKind


async def _nothing(_: Agent) -> None:
    raise AssertionError("nobody is there")


def test_a_command_that_only_looks_makes_no_agent_and_a_short_name_is_of_this_domain(
    tmp_path: Path,
) -> None:  # AG-1
    home = tmp_path / "a"
    create_domain(home, Wish("a.example", BrokerKind.NATS))
    with pytest.raises(NotFound, match="no agent 'nobody' here: there are none yet"):
        as_agent(home, "nobody", _nothing)
    with pytest.raises(NotFound, match="no agent 'nobody' here"):
        home_of(home, "nobody", None)
    assert not (home / "agents" / "nobody").exists()
    assert str(named("case-1", home, "channel")) == "case-1@a.example"
    assert str(named("case-1@b.example", home, "channel")) == "case-1@b.example"
    with pytest.raises(BadName, match="'Case 1' names no session"):
        named("Case 1", home, "session")


def test_what_an_error_lists_is_told_apart_on_its_line() -> None:  # AG-4
    assert one_line(NotFound("two are missing:\n  one: a\n  two:  b")) == "two are missing: one: a; two: b"
