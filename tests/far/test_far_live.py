"""A fourth domain that knows only its parent reaches the others, and they it; on NATS and RabbitMQ."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.endpoint.message import Message
from overlay.errors import OverlayError
from tests.far.family import agent
from tests.far.program import SKILL, echo_program
from tests.integration.people import LIMIT_S, until
from tests.live_domain import overlay

pytestmark = pytest.mark.timeout(400)  # it starts three domains


async def test_children_of_one_parent_reach_each_other_by_id_did_and_url(  # GW-7, GW-12
    relatives: Mapping[str, DomainFolder], tmp_path: Path
) -> None:
    """Neither was told of the other before it asked. The program of examples/ is reached, too (GW-11)."""
    folders = relatives
    async with (
        await agent(folders["a"], "alice", "d.example") as alice,
        await agent(folders["d"], "dora", "a.example") as dora,
        echo_program(folders["d"], "echo", tmp_path, "a.example"),
    ):
        assert await _asked(alice, "dora@d.example") == b"dora"
        assert await _asked(alice, "did:web:d.example:agents:dora") == b"dora"
        assert await _asked(alice, "did:web:d.example:agents:echo", SKILL) == b"you said: hi"
        assert await _asked(dora, "https://a.example/agents/alice") == b"alice"
        sent = await alice.send(dora.id, b"stored", skill="far.echo", reliable=True)
        await sent.receipt()
        assert (await dora.look_up(alice.id.did)).gateway == "gw@a.example"
        found = await overlay("discover", "--agent", dora.id.did, "--home", str(folders["a"].path))
        assert (found.code, "dora@d.example" in found.out) == (0, True)
        async with operator(folders["d"]) as hand:
            (far,) = await hand.peers.far()
        assert (far.domain, far.by, far.chain) == ("a.example", "p.example", ("p.example",))


async def _asked(who: Agent, to: str, skill: str = "far.echo") -> bytes:
    """The gateways may just be meeting."""
    answers: list[Message] = []

    async def ask() -> bool:
        try:
            answers.append(await who.ask(to, b"hi", skill=skill, timeout_s=LIMIT_S / 4))
        except OverlayError:
            return False
        return True

    await until(ask)
    return answers[0].body
