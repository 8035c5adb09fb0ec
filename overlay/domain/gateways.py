"""The gateway's processes under the supervisor: as many as the operator wants, restarted in turn (GW-23)."""

from __future__ import annotations

import asyncio
import logging

from overlay.domain.child import Child
from overlay.domain.folder import DomainFolder
from overlay.domain.gateway_orders import Act, GatewayOrders, Order
from overlay.domain.parts import gateways
from overlay.domain.readiness import Tell
from overlay.errors import OverlayError
from overlay.settings import Settings

_log = logging.getLogger(__name__)


class Gateways:
    """`start`, then `keep` until cancelled, then `stop`."""

    def __init__(self, folder: DomainFolder, settings: Settings, broker: asyncio.Event) -> None:
        """`broker` is set while the broker serves."""
        self._folder = folder
        self._settings = settings
        self._broker = broker
        self._wanted = settings.gateway_processes
        self._children: dict[str, Child] = {}
        self._keeping: dict[str, asyncio.Task[None]] = {}

    async def start(self, tell: Tell) -> None:
        """Returns when all serve. Raises OverlayError."""
        for part in gateways(self._wanted):
            await self._child(part).start()
            tell(part)

    async def keep(self) -> None:
        """Start again whatever dies, and do what the operator orders, until cancelled."""
        orders = GatewayOrders(self._folder)
        async with asyncio.TaskGroup() as group:
            for part in self._children:
                self._keep(group, part)
            while True:
                await asyncio.sleep(self._settings.gateway_order_s)
                await self._obey(group, orders)

    async def stop(self) -> None:
        """Returns when all are gone."""
        await asyncio.gather(*(child.stop() for child in self._children.values()))

    async def _obey(self, group: asyncio.TaskGroup, orders: GatewayOrders) -> None:
        try:
            order = orders.next()
        except OverlayError as error:
            _log.warning("an order for the gateway cannot be read: %s", error)
            return
        if order is None:
            return
        failure = ""
        try:
            await self._carry_out(group, order)
        except (OverlayError, OSError) as error:
            failure = str(error)
            _log.warning("the gateway: %s failed: %s", order.act, error)
        orders.done(order, failure)

    async def _carry_out(self, group: asyncio.TaskGroup, order: Order) -> None:
        if order.act is Act.SCALE:
            self._wanted = order.processes
            await self._scale(group, self._wanted)
            return
        spare = self._wanted == 1 and not self._settings.registry_in_gateway
        if spare:
            await self._scale(group, 2)
        try:
            for part in gateways(self._wanted):
                await self._let_go(part)
                await self._child(part).stop()
                await self._begin(group, part)
        finally:
            if spare:
                await self._scale(group, 1)

    async def _scale(self, group: asyncio.TaskGroup, count: int) -> None:
        parts = gateways(count)
        for part in parts:
            if part not in self._children:
                await self._begin(group, part)
        for part in [part for part in self._children if part not in parts]:
            await self._let_go(part)
            await self._children.pop(part).stop()

    async def _begin(self, group: asyncio.TaskGroup, part: str) -> None:
        """Whether it serves at once or not, it is kept."""
        try:
            await self._child(part).start()
        finally:
            self._keep(group, part)

    def _child(self, part: str) -> Child:
        return self._children.setdefault(part, Child(part, self._folder, self._settings, self._broker))

    def _keep(self, group: asyncio.TaskGroup, part: str) -> None:
        self._keeping[part] = group.create_task(self._children[part].keep(), name=f"keep {part}")

    async def _let_go(self, part: str) -> None:
        task = self._keeping.pop(part, None)
        if task is not None:
            task.cancel()
            await asyncio.wait((task,))
