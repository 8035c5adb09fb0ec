"""The root of one domain rolls over while its agents go on talking with a peer's (CA-5, GW-4)."""

from __future__ import annotations

from functools import partial

import pytest

from overlay.agent.agent import Agent
from overlay.ca.roots.protocol import Phase, Rollover, Step
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.residents import resident
from overlay.errors import OverlayError
from overlay.transport.address import BrokerKind
from overlay.trust.bundle import TrustBundle
from tests.integration.people import FRIENDS, until
from tests.integration.rolling import QUICK, Talk, all_have_renewed, roots, step

pytestmark = pytest.mark.timeout(400)  # domains of its own, on machines that are slow


async def test_the_root_rolls_over_while_agents_talk_with_those_of_a_peer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in QUICK.items():
        monkeypatch.setenv(f"OVERLAY_{name}", value)
    domains = [("a.example", BrokerKind.NATS), ("b.example", BrokerKind.RABBITMQ)]
    async with throwaway(domains) as (ours, theirs):
        ends = [
            Agent(await resident(folder, name, ("talk.all",)), access=FRIENDS)
            for folder, name in ((ours, "near"), (theirs, "far"))
        ]
        before = roots(ours)
        talk = Talk(*ends)
        async with talk.going_on():
            await talk.another_round()
            await step(ours, Rollover(Step.START))
            await until(partial(all_have_renewed, ours))
            await talk.another_round()
            assert (await step(ours, Rollover(Step.FINISH))).phase is Phase.NONE
            await until(partial(_pins, theirs, roots(ours)))
            await talk.another_round()
        assert [talk.handled[body] for body in talk.sent] == [1] * len(talk.sent)
        assert not set(roots(ours)) & set(before)


async def _pins(folder: DomainFolder, wanted: tuple[object, ...]) -> bool:
    """Whether the registry believes these roots of the peer, and no other."""
    try:
        async with operator(folder) as hand:
            bundles = [TrustBundle.from_bytes(peer.bundle) for peer in await hand.peers.all()]
    except OverlayError:
        return False
    return [bundle.roots for bundle in bundles] == [wanted]
