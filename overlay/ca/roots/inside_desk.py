"""How messages between our agents go: the card of the domain says it, the broker enforces it (GW-11)."""

from __future__ import annotations

import asyncio
import logging

from overlay.ca.authority import Authority
from overlay.ca.intake import Intake
from overlay.ca.protocol import Op
from overlay.ca.roots.card_desk import CardDesk
from overlay.ca.roots.protocol import AskInside, InsideTold
from overlay.desk import Desk
from overlay.errors import BadInput, OverlayError
from overlay.naming.inside import Inside
from overlay.trust.identity import Identity, Role

_log = logging.getLogger("overlay.ca")


class InsideDesk:
    """Keep `run` running: it lets every agent in anew, with what it may do now."""

    def __init__(self, authority: Authority, cards: CardDesk, intake: Intake) -> None:
        self._authority = authority
        self._cards = cards
        self._intake = intake
        self._changed = asyncio.Event()

    def open(self, desk: Desk) -> None:
        """Answer at this desk from now on."""
        desk.on(Op.INSIDE, (Role.OPERATOR,), AskInside, self._inside)

    async def run(self) -> None:
        """Until cancelled. What the broker does not take now is tried again."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            try:
                await self._apply()
            except OverlayError as error:
                _log.warning("the broker does not know yet how messages inside go: %s", error)
                self._changed.set()
                await asyncio.sleep(self._authority.settings.ca_sweep_s)

    async def _inside(self, _: Identity, ask: AskInside) -> InsideTold:
        if ask.inside:
            try:
                wanted = Inside(ask.inside)
            except ValueError as error:
                raise BadInput(
                    f"{ask.inside[:40]!r} is no way for messages inside: direct or gateway"
                ) from error
            if wanted is not self._cards.card.inside:
                self._cards.change(inside=wanted)
            self._changed.set()
        return InsideTold(self._cards.card.inside)

    async def _apply(self) -> None:
        """Agents hear of the new card before their connections end, so that none sends where it may not."""
        await self._cards.tell()
        agents: dict[str, list[Identity]] = {}
        for item in self._authority.store.valid_agents(self._authority.clock()):
            agents.setdefault(item.identity.party.name, []).append(item.identity)
        for name, identities in agents.items():
            await self._intake.take_in(identities[-1])
            await self._intake.come_again(name, [one.serial for one in identities], at_once=False)
