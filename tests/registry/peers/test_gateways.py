"""The processes of a gateway, as the registry knows them (GW-23)."""

from __future__ import annotations

from overlay.naming.ids import GATEWAY
from overlay.registry.peers.gateway_protocol import GatewayAlive
from overlay.trust.identity import Role
from tests.registry.town import Town


async def test_a_process_that_was_killed_is_gone_when_another_sits_in_its_seat(town: Town) -> None:
    gateways, gateway = town.registry.gateways, town.credentials(GATEWAY, role=Role.GATEWAY).identity
    for process, seat in (("x1", "one"), ("y1", "two"), ("x2", "one")):
        said = GatewayAlive(process, ("b.example",), seat=seat)
        alive = await gateways._alive(gateway, said)

    assert sorted(process.process for process in alive.processes) == ["x2", "y1"]


async def test_processes_without_a_seat_are_side_by_side(town: Town) -> None:
    gateways, gateway = town.registry.gateways, town.credentials(GATEWAY, role=Role.GATEWAY).identity
    for process in ("x1", "x2"):
        alive = await gateways._alive(gateway, GatewayAlive(process))

    assert sorted(process.process for process in alive.processes) == ["x1", "x2"]
