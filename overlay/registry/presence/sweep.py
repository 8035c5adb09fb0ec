"""What the registry does by itself from time to time: who was silent for too long is offline (GW-2)."""

from __future__ import annotations

from functools import partial
from itertools import islice

from overlay.registry.acts import Acts, Decision
from overlay.registry.presence.pulses import Pulses
from overlay.registry.record import Presence
from overlay.registry.registration.members import Members
from overlay.registry.storage.contract import Write

_AT_ONCE = 50
"""Records in one act: others' acts come between."""


class Sweep:
    """Each process of the registry does it; who comes second finds nothing left to do."""

    def __init__(self, domain: str, acts: Acts, members: Members, pulses: Pulses) -> None:
        self._domain = domain
        self._acts = acts
        self._members = members
        self._pulses = pulses

    async def __call__(self) -> int:
        """Returns how many agents became offline. Raises Conflict, Unavailable: nobody is judged while this
        process cannot hear what the others heard.
        """
        for write in self._pulses.say():
            await self._acts.do(partial(_decided, [write]))
        self._pulses.told()
        await self._acts.do(lambda: Decision(None, self._pulses.waste()))
        return await self._silence()

    async def _silence(self) -> int:
        heard, count = self._members.heard, 0
        while silent := list(islice(heard.silent(), _AT_ONCE)):
            count += await self._members.set_presence(silent, Presence.OFFLINE, self._domain)
            for party in silent:
                heard.forget(party)
        return count


def _decided(writes: list[Write]) -> Decision[None]:
    return Decision(None, writes)
