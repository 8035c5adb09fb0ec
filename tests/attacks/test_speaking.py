"""Nobody publishes under a name that is not theirs, on either broker; the broker writes down who tried."""

from __future__ import annotations

import pytest

from overlay.naming.ids import OPERATOR, REGISTRY, link_name
from overlay.transport.address import BrokerKind
from tests.attacks.stage import Stage
from tests.integration.people import fresh

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains

PEER = link_name("third.example")


async def test_an_agent_speaks_under_no_name_but_its_own(stage: Stage) -> None:  # GW-17
    mallory, victim = await stage.agent(), fresh("victim")
    me = mallory.id.name
    async with stage.intruder(mallory) as raw:
        assert await raw.may_publish(f"ov.rt.normal.agent.{victim}.{me}")
        foreign = (
            f"ov.rt.normal.agent.bob.{victim}",
            f"ov.rel.critical.agent.bob.{victim}",
            f"ov.rt.normal.proc.bob.s0.{victim}",
            f"ov.rt.normal.out.b_example.bob.{victim}",
            f"ov.svc.ca.revoke.{victim}",
            "ov.rt.normal.agent.bob.gw",
            "ov.rt.normal.proc.bob.s0.registry",
            "ov.rt.normal.proc.bob.s0.ca",
            "ov.svc.ca.denied.registry",
            f"ov.svc.ca.token.{OPERATOR}",
            f"ov.link.gw.hello.{PEER}.x1",
            f"ov.link.gw.hello.{me}.x1",
            f"ov.link.{PEER}.x1.gw.s0",
            f"ov.rt.normal.chan.room.{victim}",
            f"ov.rt.normal.chan.room.{me}",
            f"ov.news.revoked.{me}",
            "ov.news.revoked.ca",
            "ov.rel.normal.agent.bob",
            victim,
        )
        assert [subject for subject in foreign if await raw.may_publish(subject)] == []
    await stage.recorded(*foreign)


async def test_names_that_would_break_a_permissions_pattern_open_nothing(stage: Stage) -> None:
    mallory, victim = await stage.agent(), fresh("victim")
    me = mallory.id.name
    async with stage.intruder(mallory) as raw:
        broken = [
            f"ov.rt.normal.agent.bob.{me}.{victim}",
            f"ov.rt.normal.agent.bob.{victim}.{me}",
            f"ov.rt.normal.agent.bob.{me}x",
            f"ov.rt.normal.agent.bob.x{me}",
            f"ov.rt.normal.agent.bob.{me.upper()}",
            f"ovXrtXnormalXagentXbobX{me}",
        ]
        if stage.kind is BrokerKind.RABBITMQ:  # on NATS these are two lines, and not two tokens
            broken += [f"ov.rt.normal.agent.bob.{me}\n", f"ov.rt.normal.agent.bob\n.{me}"]
            broken += [f"ov.rt.normal.agent.{sign}.{me}" for sign in ("*", "#", ">", "", "a b")]
        assert [subject for subject in broken if await raw.may_publish(subject)] == []
    await stage.recorded(*(subject for subject in broken if subject.isprintable()))


async def test_a_newcomer_says_apply_and_nothing_else(stage: Stage) -> None:  # CA-1
    newcomer = await stage.newcomer(fresh("newcomer"))
    me = newcomer.id.name
    async with stage.intruder(newcomer) as raw:
        assert await raw.may_publish(f"ov.svc.ca.apply.{me}")
        others = (
            f"ov.svc.ca.status.{me}",
            f"ov.svc.ca.renew.{me}",
            f"ov.svc.registry.find.{me}",
            f"ov.svc.registry.register.{me}",
            f"ov.rt.normal.agent.bob.{me}",
            f"ov.rel.normal.out.b_example.bob.{me}",
            f"ov.link.gw.hello.{me}.x1",
        )
        assert [subject for subject in others if await raw.may_publish(subject)] == []
    await stage.recorded(*others)


async def test_who_stole_a_services_folder_still_speaks_under_its_name_only(stage: Stage) -> None:
    registry = stage.service(REGISTRY)
    async with stage.intruder(registry) as raw:
        foreign = (
            "ov.rt.normal.agent.bob.ca",
            f"ov.rt.normal.agent.bob.{fresh('victim')}",
            "ov.svc.ca.token.operator",
            "ov.link.gw.hello.registry.x1",
            "ov.rt.normal.out.b_example.bob.registry",
            "ov.news.revoked.ca",
        )
        assert [subject for subject in foreign if await raw.may_publish(subject)] == []
    await stage.recorded(*foreign)
