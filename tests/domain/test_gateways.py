"""How many processes a gateway has: in the settings, by order, and which parts they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.domain.folder import DomainFolder
from overlay.domain.gateway_orders import Act, GatewayOrders, give_order
from overlay.domain.parts import gateways, is_gateway, parts_of
from overlay.domain.settings_file import set_number
from overlay.errors import BadSettings, Refused
from overlay.settings import Settings, load_settings
from overlay.transport.address import BrokerKind


def test_each_process_is_a_part_of_its_own() -> None:  # GW-23
    parts = parts_of(BrokerKind.RABBITMQ, Settings(gateway_processes=3))
    assert parts[-3:] == gateways(3) == ("gateway", "gateway-2", "gateway-3")
    assert [is_gateway(part) for part in ("gateway-2", "gateway-1", "gateway-x", "registry-2")] == [
        True,
        False,
        False,
        False,
    ]


def test_a_setting_is_changed_where_it_stands_and_all_else_stays(tmp_path: Path) -> None:
    file = tmp_path / "overlay.toml"
    set_number(file, "gateway_processes", 2)
    file.write_text("# ours\nheartbeat_s = 20\n" + file.read_text())
    set_number(file, "gateway_processes", 3)
    assert file.read_text() == "# ours\nheartbeat_s = 20\ngateway_processes = 3\n"
    with pytest.raises(BadSettings):
        set_number(file, "gateway_processes", 9)
    assert load_settings(file).gateway_processes == 3


async def test_a_domain_that_is_down_takes_no_orders(tmp_path: Path) -> None:
    folder = DomainFolder(tmp_path)
    folder.run.mkdir(parents=True)
    with pytest.raises(Refused, match="overlay up"):
        await give_order(folder, Act.RESTART, 1)
    assert GatewayOrders(folder).next() is None
