"""A revoked agent loses everything, on either broker and across domains; restored, it has all of it again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from overlay.agent.agent import Agent
from overlay.ca.protocol import Reason
from overlay.ca.revocation.protocol import Restore
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.endpoint.home import Home
from overlay.errors import BadCertificate, OverlayError, Unreachable
from overlay.transport.connect import connect
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import FRIENDS, LIMIT_S, SETTINGS, Person, fresh, member, present, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
IMPATIENT = SETTINGS.model_copy(update={"reconnect_limit_s": 2.0, "ask_timeout_s": 5.0})


@pytest.mark.parametrize(("here", "there"), [("a", "d"), ("c", "b")])
async def test_a_wrongly_revoked_agent_loses_everything_and_gets_everything_back(
    federation: Federation, here: str, there: str
) -> None:  # CA-6, CA-7, CA-8
    home, far = federation[here], federation[there]
    await linked(Pair(home, far))
    topic = fresh("news.test")
    victim = await member(home, fresh("victim"), topic=topic, settings=IMPATIENT)
    folder = _folder(home, victim)
    async with present(home, "alice") as alice, present(far, "bob") as bob:
        away = await member(home, fresh("carol"))
        async with away.agent:
            await alice.hears_of(away)
        async with victim.agent:
            await bob.hears_of(victim)
            await victim.agent.ask(bob.id, b"before", skill=bob.skill)
            resource = (await alice.agent.discover(victim.skill)).matches[0].record.resource_id
            carol = Home(_folder(home, away)).load(SETTINGS).id
            await victim.agent.send(carol, b"left behind", skill=away.skill, reliable=True, deadline_s=600)
            await _revoke(home, victim)
            await _is_shut_out(folder, victim, alice, bob)
        await _does_not_hear(home, away, b"left behind")
        async with operator(home) as hand:
            made = await hand.ca.restore(Restore(folder.name))
        back = _returned(folder, made.text, victim, topic)
        async with back.agent:
            await alice.hears_of(back)
            await bob.hears_of(back)
            assert (await alice.agent.discover(back.skill)).matches[0].record.resource_id == resource
            assert (await alice.agent.ask(back.id, b"again", skill=back.skill)).body == b"again"
            assert (await back.agent.ask(bob.id, b"after", skill=bob.skill)).body == b"after"
            assert await alice.agent.publish(topic, b"to members", reliable=True) == 1
            await back.has(2)
        assert back.handled == {b"again": 1, b"to members": 1}
        assert bob.handled == {b"before": 1, b"after": 1}


async def _revoke(home: DomainFolder, victim: Person) -> None:
    async with operator(home) as hand:
        revoked = await hand.ca.revoke(Reason.WITHDRAWN, name=victim.id.name)
    assert not revoked.pending


async def _is_shut_out(folder: Path, victim: Person, alice: Person, bob: Person) -> None:
    """Its connection is closed, its entry is gone here and there, and it cannot come in. The broker's reason
    may be lost with the connection that it resets.
    """
    with pytest.raises(Unreachable, match=r"was revoked|did not let .* in"):
        async with asyncio.timeout(LIMIT_S):
            await victim.agent.forever()
    assert not (await alice.agent.discover(victim.skill)).matches
    await bob.misses(victim)
    with pytest.raises(OverlayError):
        await victim.agent.ask(alice.id, b"after", skill=alice.skill, timeout_s=5.0)
    party = Home(folder).load(IMPATIENT)
    assert party.tls is not None
    with pytest.raises(OverlayError):
        await connect(party.addresses, party.tls, party.id.name, IMPATIENT, _ignore)


async def _does_not_hear(home: DomainFolder, away: Person, body: bytes) -> None:
    """What a sender left behind before it was revoked is refused when the receiver comes for it."""
    returned = Person(Agent(_folder(home, away), settings=SETTINGS), away.skill)
    returned.agent.serves(away.skill)(returned.echo)
    async with returned.agent:
        counters = returned.agent.endpoint.counters

        async def refused() -> bool:
            return counters[BadCertificate.reason] > 0

        await until(refused)
        assert body not in returned.handled


def _returned(folder: Path, token: str, victim: Person, topic: str) -> Person:
    """The same home, by the token."""
    back = Person(Agent(folder, token=token, settings=SETTINGS, access=FRIENDS), victim.skill)
    back.agent.serves(victim.skill)(back.echo)
    back.agent.subscribes(topic)(back.echo)
    return back


def _folder(home: DomainFolder, person: Person) -> Path:
    """A member's own, whether it is there or not."""
    return home.agent(person.skill.removeprefix("test."))


def _ignore(where: str, error: Exception) -> None:
    """What happens to these connections is seen from the other side."""
