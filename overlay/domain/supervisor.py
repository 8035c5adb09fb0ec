"""Runs a domain on this machine: its broker, then its services, each a process of its own."""

from __future__ import annotations

import asyncio
import logging

from overlay.brokers.contract import Broker
from overlay.domain.broker_access import managed_broker
from overlay.domain.child import Child
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.gateways import Gateways
from overlay.domain.parts import is_gateway, parts_of
from overlay.domain.readiness import Tell, nobody_hears
from overlay.domain.registry_store import check_registry
from overlay.errors import OverlayError, Refused
from overlay.naming.ids import SESSIONS
from overlay.settings import load_settings

_END_OF_ROOT = b"-----END CERTIFICATE-----"
_log = logging.getLogger(__name__)


class Supervisor:
    """One domain's processes. `start`, then `keep` until cancelled, then `stop`."""

    def __init__(self, folder: DomainFolder) -> None:
        settings = load_settings(folder.settings)
        config = load_config(folder.config)
        if config.part:
            raise Refused(
                f"this folder holds one part of a domain, its {config.part}: `overlay up` runs whole domains"
            )
        check_registry(config, settings)
        self._broker: Broker | None = managed_broker(folder, config, settings)
        parts = [part for part in parts_of(config.broker, settings) if not is_gateway(part)]
        self._serves = asyncio.Event()
        """The broker does, as far as we know."""
        self._serves.set()
        self._children = [Child(part, folder, settings, self._serves) for part in parts]
        self._gateways = Gateways(folder, settings, self._serves)
        self._look_s = settings.broker_check_s
        self._tls = folder.broker_tls
        self._served = b""
        """Of which files the broker serves, as far as we know."""
        self._seen = b""

    async def start(self, tell: Tell = nobody_hears) -> None:
        """Returns when everything serves; `tell` hears of each part that does. What was started is stopped
        again when something fails.
        """
        try:
            if self._broker is not None:
                await self._start_broker(self._broker)
                tell("broker")
            for child in self._children:
                if child.part != SESSIONS:
                    await self._start_child(child, tell)
            beside = (self._start_child(child, tell) for child in self._children if child.part == SESSIONS)
            await asyncio.gather(self._gateways.start(tell), *beside)
        except BaseException:
            await self.stop()
            raise

    @staticmethod
    async def _start_child(child: Child, tell: Tell) -> None:
        await child.start()
        tell(child.part)

    async def keep(self) -> None:
        """Start again whatever dies, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for child in self._children:
                group.create_task(child.keep(), name=f"keep {child.part}")
            group.create_task(self._gateways.keep(), name="keep the gateway")
            if self._broker is not None:
                group.create_task(self._keep_broker(self._broker), name="keep broker")

    async def stop(self) -> None:
        """In the opposite order of starting. Returns when everything is gone."""
        await self._gateways.stop()
        for child in reversed(self._children):
            await child.stop()
        if self._broker is not None:
            await self._broker.stop()

    async def _keep_broker(self, broker: Broker) -> None:
        while True:
            await asyncio.sleep(self._look_s)
            try:
                if broker.running():
                    self._serves.set()
                    await self._refresh(broker)
                    continue
                self._serves.clear()
                _log.warning("the broker ended; starting it again")
                await self._start_broker(broker)
                self._serves.set()
            except (OverlayError, OSError) as error:
                _log.warning("the broker is not as it should be: %s", error)

    async def _start_broker(self, broker: Broker) -> None:
        found = broker.running()  # with files that we do not know
        served = self._files()
        await broker.start()
        self._served = b"" if found else served

    async def _refresh(self, broker: Broker) -> None:
        """Roots and certificate may have been renewed. Not while more of them is being written, and whoever
        had it done is being told.
        """
        files, seen = self._files(), self._seen
        self._seen = files
        if files != self._served and files == seen:
            await broker.refresh()
            self._served = files
            _log.info("the broker serves with other roots, or another certificate")

    def _files(self) -> bytes:
        """Which of the roots issues is nothing to the broker: on NATS a refresh costs a second's pause."""
        tls = self._tls
        roots = sorted(root.strip() for root in tls.ca.read_bytes().split(_END_OF_ROOT))
        return b"".join((*roots, tls.certificate.read_bytes(), tls.key.read_bytes()))
