"""What peers revoked, told to our own agents at once; what was expelled, kept for a while."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from overlay.naming.ids import GATEWAY, OPERATOR, REGISTRY
from overlay.naming.subjects import ToAll
from overlay.registry.peers.client import PeersClient
from overlay.registry.peers.protocol import Changes, Peer
from overlay.registry.protocol import NEWS, Expel, Recall
from overlay.registry.record import Presence
from overlay.settings import Settings
from overlay.trust.identity import Role
from overlay.trust.serials import serial_text
from tests.endpoint.waiting import until
from tests.memory_domain import MemoryDomain
from tests.registry.test_registry_service import RegistryDomain
from tests.registry.town import Town


@pytest.fixture
async def domain() -> AsyncIterator[RegistryDomain]:
    made = RegistryDomain(Settings(ask_timeout_s=30, ca_tell_s=30))
    async with made.serving():
        yield made


def revoked(number: int) -> Changes:
    """The peer's registry: at its change `number` it revoked a certificate with that serial."""
    serial = format(0xA0 + number, "x")
    return Changes(
        log="l",
        since=number - 1,
        version=number,
        full=number == 1,
        records=(),
        gone=(),
        more=False,
        denied=(serial,),
    )


async def test_what_a_peer_revoked_is_denied_by_our_agents_at_once_and_by_newcomers(
    domain: RegistryDomain,
) -> None:  # CA-6
    other = MemoryDomain("b.example")
    async with (
        domain.open("alice") as (alice, directory),
        domain.open(GATEWAY, Role.GATEWAY) as (_, gateway),
        domain.open(OPERATOR, Role.OPERATOR) as (_, operator),
    ):
        await PeersClient(operator).add(Peer("b.example", other.bundle.to_bytes()))
        await directory.follow_denied()
        await PeersClient(gateway).learn("b.example", revoked(1))
        await until(lambda: alice.trust.denies("b.example", 0xA1))
        domain.memory.broker.lose = lambda delivery: delivery.subject == str(ToAll(NEWS, REGISTRY))
        await PeersClient(gateway).learn("b.example", revoked(2))
        domain.memory.broker.lose = lambda _: False
        await PeersClient(gateway).learn("b.example", revoked(3))
        await until(lambda: alice.trust.denies("b.example", 0xA3))
        assert not alice.trust.denies("b.example", 0xA2)
        await directory.heartbeat()
        assert alice.trust.denies("b.example", 0xA2)
        async with domain.open("bob") as (bob, late):
            await late.follow_denied()
            assert all(bob.trust.denies("b.example", 0xA0 + number) for number in (1, 2, 3))


@pytest.mark.usefixtures("other")
async def test_a_peer_that_goes_takes_no_number_of_the_deny_list_with_it(town: Town) -> None:
    await town.learn(revoked(1))
    last = town.registry.denials.last
    await town.neighbours.remove(town.boss, "b.example")
    await town.registry.expulsions.expel(town.ca(), Expel("alice", "ff"))
    assert list(town.registry.denials.after(last))  # who knows the list up to `last` hears of it


async def test_an_expelled_entry_is_kept_for_a_while_and_put_back_for_its_certificate(
    town: Town,
) -> None:  # CA-7
    alice = await town.settle("alice", "net")
    before = town.registry.resolve(alice.party)
    await town.registry.expulsions.expel(town.ca(), Expel("alice", before.serial))
    await town.registry.expulsions.recall(town.ca(), Recall("alice", "ff"))
    assert town.found("net", online=False) == []
    await town.registry.expulsions.recall(town.ca(), Recall("alice", before.serial))
    back = town.registry.resolve(alice.party)
    assert (back.resource_id, back.presence) == (before.resource_id, Presence.OFFLINE)
    await town.registry.expulsions.expel(town.ca(), Expel("alice", before.serial))
    town.clock.now += town.settings.registry_recovery_days * 86400 + 1
    await town.registry.sweep()
    await town.registry.expulsions.recall(town.ca(), Recall("alice", before.serial))
    assert town.found("net", online=False) == []


async def test_what_a_restored_store_lacks_of_the_ca_s_revocations_is_written_again(town: Town) -> None:
    alice = await town.settle("alice", "net")
    await town.settle("bob", "net")
    for serial in (alice.identity.serial, 0xFF):  # as the CA lists them; it tells the registry of each once
        town.trust.deny(town.domain, serial)

    await town.registry.sweep()

    assert town.found("net", online=False) == [f"bob@{town.domain}"]
    assert set(town.changes().denied) == {serial_text(alice.identity.serial), "ff"}
    revision = town.registry.state.revision
    await town.registry.sweep()
    assert town.registry.state.revision == revision
