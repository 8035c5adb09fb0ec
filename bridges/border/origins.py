"""Whether anybody here can prove who sends from a far domain: asked once, then remembered (GW-12)."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Container

from overlay.errors import NotFound, OverlayError, UnknownOrigin
from overlay.settings import Settings

CheckRoots = Callable[[str], Awaitable[None]]
"""Asks the registry for the roots of a domain. Raises NotFound, OverlayError."""


class Origins:
    """Of messages to our agents. What a registry that does not answer may know is left to the agents, as is
    what comes while a great many wait already.
    """

    def __init__(
        self, domain: str, peers: Container[str], check_roots: CheckRoots, settings: Settings
    ) -> None:
        self._domain = domain
        self._peers = peers
        self._check_roots = check_roots
        self._settings = settings
        self._known: OrderedDict[str, tuple[float, bool]] = OrderedDict()
        self._asking: dict[str, asyncio.Lock] = {}
        self._waiting = 0

    def sure(self, home: str) -> bool:
        """Whether messages of this domain need no `check` now."""
        if home == self._domain or home in self._peers:
            return True
        until, good = self._known.get(home, (0.0, False))
        return good and until > time.monotonic()

    async def check(self, home: str) -> None:
        """Raises UnknownOrigin when nobody here can prove who sends from there."""
        if self.sure(home):
            return
        if not self._remembered(home):
            if self._waiting >= self._settings.gateway_store_workers // 2:
                return
            self._waiting += 1
            try:
                await self._once(home)
            finally:
                self._waiting -= 1
        if not self._known.get(home, (0.0, True))[1]:
            raise UnknownOrigin(f"{self._domain} does not know {home}, and cannot prove who sends from there")

    def _remembered(self, home: str) -> bool:
        return self._known.get(home, (0.0, False))[0] > time.monotonic()

    async def _once(self, home: str) -> None:
        lock = self._asking.setdefault(home, asyncio.Lock())
        try:
            async with lock:
                if not self._remembered(home):
                    await self._ask(home)
        finally:
            if not lock.locked() and self._asking.get(home) is lock:
                del self._asking[home]

    async def _ask(self, home: str) -> None:
        settings = self._settings
        try:
            await self._check_roots(home)
        except NotFound:
            self._keep(home, settings.far_unknown_s, good=False)
        except OverlayError:
            self._keep(home, settings.far_unknown_s, good=True)  # nobody knows: agents see for themselves
        else:
            self._keep(home, settings.far_refresh_s, good=True)

    def _keep(self, home: str, for_s: float, *, good: bool) -> None:
        self._known.pop(home, None)
        self._known[home] = (time.monotonic() + for_s, good)
        if len(self._known) > self._settings.far_domains:
            self._known.popitem(last=False)
