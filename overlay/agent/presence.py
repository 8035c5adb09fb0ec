"""What the registry knows of an agent's life: registered, alive, gone (REG-2, GW-2)."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable

import msgspec

from overlay.agent.company import Company
from overlay.errors import OverlayError, Overloaded, TimedOut, Unavailable
from overlay.registry.approval.held import RegistrationHeld
from overlay.registry.client import RegistryClient
from overlay.registry.record import Interface, Profile, Status
from overlay.registry.record import Presence as State
from overlay.settings import Settings

_log = logging.getLogger(__name__)
_random = random.SystemRandom()
_SPREAD = 0.2
"""Of the time between heartbeats: they may come so much sooner."""


class Presence:
    """One process' share in its agent's entry in the registry, from `begin` to `end`.

    The entry is the agent's, not the process': the last process of a machine that leaves marks it offline. If
    the agent lives on other machines too, their next heartbeat marks it online again.
    """

    def __init__(
        self,
        registry: RegistryClient,
        profile: Profile,
        company: Company,
        settings: Settings,
        *,
        anew: bool = False,
    ) -> None:
        """`anew`: whatever the entry said before (REG-3)."""
        self._registry = registry
        self._profile = profile
        self._company = company
        self._settings = settings
        self._anew = anew
        self._status = Status()
        self._waits = ""
        """Why we are not entered yet, as it was said last: each reason is said once."""
        self._next_s = settings.heartbeat_retry_s
        self.after_beat: Callable[[], None] = lambda: None
        """Called when the registry heard us."""

    async def begin(self) -> None:
        """Register; wait up to `registration_wait_s` for an administrator who has to approve it, and for a
        registry that is full. Raises Refused (which check failed), BadInput, RegistrationHeld, Unavailable.
        """
        self._company.join()
        try:
            await self._enter()
            await self._beat()
        except BaseException:
            self._company.leave()
            raise

    async def announce(self) -> None:
        """Enter the key card that we have now: ours was renewed. Raises Refused, Unavailable."""
        await self._register()

    async def offer(self, interface: Interface) -> None:
        """Enter this one, too, or instead of the one of its ID. Raises Refused, Unavailable."""
        others = tuple(one for one in self._profile.interfaces if one.id != interface.id)
        self._profile = msgspec.structs.replace(self._profile, interfaces=(*others, interface))
        await self._register()

    async def report(self, status: Status) -> None:
        """How we are from now on; told with the next heartbeat, and at once when the state is another.

        Raises Refused, BadInput, Unavailable.
        """
        told, self._status = self._status.state, status
        if status.state is not told:
            await self._beat()

    async def keep(self) -> None:
        """Heartbeats until cancelled; registers again, with a fresh key card, when the registry wants it.

        Raises what will not get better: Refused when the certificate is withdrawn, for one.
        """
        while True:
            # Not all at the same moment: many agents may have begun together.
            await asyncio.sleep(self._next_s * _random.uniform(1 - _SPREAD, 1))
            try:
                await self._beat()
            except RegistrationHeld as error:
                self._say_that_we_wait(error)
                self._next_s = self._settings.heartbeat_s
            except Unavailable as error:
                _log.warning("the registry did not hear our heartbeat, trying again: %s", error)
                self._next_s = self._settings.heartbeat_retry_s

    async def end(self) -> None:
        """Say that we go, if we are the last. A registry that does not hear it notices our silence."""
        if not self._company.leave():
            return
        try:
            async with asyncio.timeout(self._settings.farewell_s):
                await self._registry.heartbeat(State.OFFLINE)
        except TimeoutError:
            _log.warning("the registry did not hear within %g s that we go", self._settings.farewell_s)
        except OverlayError as error:
            _log.warning("the registry did not hear that we go: %s", error)

    async def _beat(self) -> None:
        alive = await self._registry.heartbeat(State.ONLINE, self._status)
        if not alive.known:
            await self._register()
        self._next_s = alive.next_s
        self.after_beat()

    async def _enter(self) -> None:
        now = asyncio.get_running_loop().time
        end = now() + self._settings.registration_wait_s
        while True:
            try:
                return await self._register()
            except (RegistrationHeld, Overloaded, TimedOut) as error:
                at_least_s = error.retry_after_s if isinstance(error, Overloaded) else 0.0
                pause_s = max(self._settings.registration_poll_s, at_least_s) * _random.uniform(1, 2)
                if now() + pause_s > end:
                    raise
                self._say_that_we_wait(error)
                await asyncio.sleep(pause_s)

    def _say_that_we_wait(self, error: OverlayError) -> None:
        if error.reason != self._waits:
            self._waits = error.reason
            _log.warning("we are not entered yet, and ask again: %s", error)

    async def _register(self) -> None:
        answer = await self._registry.register(self._profile, anew=self._anew)
        if self._waits:
            self._waits = ""
            _log.warning("we are entered now")
        for what in answer.broke:
            _log.warning("our entry is another one, for the change breaks who relied on the former: %s", what)
