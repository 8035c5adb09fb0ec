"""Tells our registry whether a peer is there: without it, its agents are inapplicable (GW-5)."""

from __future__ import annotations

import asyncio

from bridges.links.link import Link
from bridges.links.siblings import Siblings
from bridges.ports import RegistryPort
from bridges.synchronising.learning import Learning


class Liveness:
    """Follows one link; says it again every `again_s` seconds: a registry that restarted forgot."""

    def __init__(
        self, link: Link, siblings: Siblings, learning: Learning, registry: RegistryPort, again_s: float
    ) -> None:
        self._siblings = siblings
        self._link = link
        self._learning = learning
        self._registry = registry
        self._again_s = again_s

    async def run(self) -> None:
        """Until cancelled. Raises OverlayError when the registry does not answer; run it again then."""
        reported: bool | None = None
        while True:
            self._link.changed.clear()
            online = self._link.online or self._siblings.reach(self._link.domain)
            if online != reported:
                await self._registry.peer_state(self._link.domain, online=online)
                reported = online
            await self._learning.line_changed()
            try:
                async with asyncio.timeout(self._again_s):
                    await self._link.changed.wait()
            except TimeoutError:
                reported = None
