"""Stolen keys of a running domain's registry and gateway are replaced, and its agents go on."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import pytest

from overlay.ca.protocol import Reason
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.rekey import rekey
from overlay.endpoint.home import Home
from overlay.errors import OverlayError
from overlay.naming.ids import REGISTRY
from overlay.transport.connect import connect
from tests.integration.conftest import Federation, Pair, linked
from tests.integration.people import SETTINGS, Person, present, until

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains
IMPATIENT = SETTINGS.model_copy(update={"reconnect_limit_s": 2.0})


async def test_stolen_keys_are_replaced_while_agents_go_on_asking(
    federation: Federation, tmp_path: Path
) -> None:  # CA-8
    home, far = federation["a"], federation["b"]
    await linked(Pair(home, far))
    loot = tmp_path / "registry"
    shutil.copytree(home.service(REGISTRY), loot)
    loot.chmod(0o700)
    async with present(home, "alice") as alice, present(home, "carol") as carol:
        await alice.agent.ask(carol.id, b"before", skill=carol.skill)
        stop = asyncio.Event()
        asking = asyncio.create_task(_ask_until(stop, alice, carol))
        try:
            await rekey(home, "registry", Reason.KEY_COMPROMISE)
            gateway = await rekey(home, "gateway", Reason.KEY_COMPROMISE)
        finally:
            stop.set()
            await asking
        await _is_refused(Home(loot))
        await until(lambda: _denied_at(far, "a.example", gateway.ended[0]))
        async with present(home, "dave") as dave:  # whom the new registry takes in
            await alice.hears_of(dave)
    await linked(Pair(home, far))


async def _ask_until(stop: asyncio.Event, asker: Person, other: Person) -> None:
    while not stop.is_set():
        await asker.agent.ask(other.id, b"and on", skill=other.skill)
        await asyncio.sleep(0.02)


async def _is_refused(home: Home) -> None:
    """The broker lets nobody in with what was stolen."""
    party = home.load(IMPATIENT)
    assert party.tls is not None
    with pytest.raises(OverlayError):
        await connect(party.addresses, party.tls, REGISTRY, IMPATIENT, _ignore)


async def _denied_at(domain: DomainFolder, other: str, serial: str) -> bool:
    async with operator(domain) as hand:
        await hand.registry.bundle(other)
        return hand.endpoint.trust.denies(other, int(serial, 16))


def _ignore(where: str, error: Exception) -> None:
    """A refused login is what the test wants."""
