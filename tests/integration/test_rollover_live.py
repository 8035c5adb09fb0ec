"""The root rolls over on each broker while agents go on sending to and asking each other (CA-5)."""

from __future__ import annotations

from functools import partial

import pytest

from overlay.agent.agent import Agent
from overlay.ca.roots.protocol import Phase, Rollover, Step
from overlay.domain.federation import throwaway
from overlay.domain.residents import resident
from overlay.errors import Refused, Unavailable
from overlay.transport.address import BrokerKind
from tests.integration.people import until
from tests.integration.rolling import QUICK, Talk, all_have_renewed, roots, step

pytestmark = pytest.mark.timeout(400)  # domains of its own, on machines that are slow


@pytest.mark.parametrize("kind", [BrokerKind.NATS, BrokerKind.RABBITMQ])
async def test_the_root_rolls_over_while_agents_send_to_each_other(
    kind: BrokerKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in QUICK.items():
        monkeypatch.setenv(f"OVERLAY_{name}", value)
    async with throwaway([("n.example", kind)]) as (folder,):
        ours = [Agent(await resident(folder, name, ("talk.all",))) for name in ("near", "far")]
        lost = await resident(folder, "lost", ())
        before = roots(folder)
        talk = Talk(*ours)
        async with talk.going_on():
            await talk.another_round()
            await step(folder, Rollover(Step.START))
            await until(partial(all_have_renewed, folder, "lost"))
            with pytest.raises(Refused, match="lost"):
                await step(folder, Rollover(Step.FINISH))
            state = await step(folder, Rollover(Step.FINISH, force=True))
            assert (state.phase, len(state.roots)) == (Phase.NONE, 1)
            await talk.another_round()
        assert [talk.handled[body] for body in talk.sent] == [1] * len(talk.sent)
        assert not set(roots(folder)) & set(before)
        with pytest.raises((Unavailable, Refused)):
            async with Agent(lost):
                pass
