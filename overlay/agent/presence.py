"""What the registry knows of an agent's life: registered, alive, gone (REG-2, GW-2)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from overlay.agent.company import Company
from overlay.errors import OverlayError, Unavailable
from overlay.registry.client import RegistryClient
from overlay.registry.record import Presence as State
from overlay.registry.record import Profile

_log = logging.getLogger(__name__)


class Presence:
    """One process' share in its agent's entry in the registry, from `begin` to `end`.

    The entry is the agent's, not the process': the last process of a machine that leaves marks it offline. If
    the agent lives on other machines too, their next heartbeat marks it online again.
    """

    def __init__(
        self, registry: RegistryClient, profile: Profile, company: Company, retry_s: float, farewell_s: float
    ) -> None:
        self._registry = registry
        self._profile = profile
        self._company = company
        self._retry_s = self._next_s = retry_s
        self._farewell_s = farewell_s
        self.after_beat: Callable[[], None] = lambda: None
        """Called when the registry heard us."""

    async def begin(self) -> None:
        """Register. Raises Refused (which check failed), Unavailable."""
        self._company.join()
        try:
            await self._registry.register(self._profile)
            await self._beat()
        except BaseException:
            self._company.leave()
            raise

    async def announce(self) -> None:
        """Enter the key card that we have now: ours was renewed. Raises Refused, Unavailable."""
        await self._registry.register(self._profile)

    async def keep(self) -> None:
        """Heartbeats until cancelled; registers again, with a fresh key card, when the registry wants it.

        Raises what will not get better: Refused when the certificate is withdrawn, for one.
        """
        while True:
            await asyncio.sleep(self._next_s)
            try:
                await self._beat()
            except Unavailable as error:
                _log.warning("the registry did not hear our heartbeat, trying again: %s", error)
                self._next_s = self._retry_s

    async def end(self) -> None:
        """Say that we go, if we are the last. A registry that does not hear it notices our silence."""
        if not self._company.leave():
            return
        try:
            async with asyncio.timeout(self._farewell_s):
                await self._registry.heartbeat(State.OFFLINE)
        except TimeoutError:
            _log.warning("the registry did not hear within %g s that we go", self._farewell_s)
        except OverlayError as error:
            _log.warning("the registry did not hear that we go: %s", error)

    async def _beat(self) -> None:
        alive = await self._registry.heartbeat(State.ONLINE)
        if not alive.known:
            await self._registry.register(self._profile)
        self._next_s = alive.next_s
        self.after_beat()
