"""How agents served, by the word of those who asked them, kept in the store (REG-5)."""

from __future__ import annotations

from overlay.clock import Clock
from overlay.discovery.experience import Experience
from overlay.discovery.memory import Memory
from overlay.errors import NotFound
from overlay.policy.caller import Caller
from overlay.registry.acts import Acts, Decision
from overlay.registry.search.finder import Finder
from overlay.registry.search.protocol import Report
from overlay.registry.state import State
from overlay.registry.storage.contract import WRITES_AT_ONCE, Entry, Write
from overlay.registry.storage.keys import EXPERIENCE, key, rest_of
from overlay.wire.request import decode_struct, encode_struct


class Experiences:
    """Every process of the registry remembers what lies in the store."""

    def __init__(
        self, acts: Acts, state: State, experience: Experience, finder: Finder, clock: Clock
    ) -> None:
        self._acts = acts
        self._state = state
        self._experience = experience
        self._finder = finder
        self._clock = clock
        state.on(EXPERIENCE, self._take)

    async def report(self, asker: Caller, ask: Report) -> None:
        """Remember it: agents of one organisation are one voice, and none for each other.

        Raises TooLarge, BadInput, NotFound (it is nobody whom the asker could find), Overloaded, Conflict,
        Unavailable.
        """
        intent = self._finder.reported(asker, ask)
        chosen = self._finder.seen(asker, ask.party)
        if chosen is None:
            raise NotFound(f"{ask.party} is not registered here: nothing is learnt of it")
        organisation = asker.attributes.organisation if asker.attributes else ""
        if organisation and chosen.organisation == organisation and not chosen.gateway:
            return  # it praises itself
        voice = f"organisation {organisation}" if organisation else str(asker.party)

        def decide() -> Decision[None]:
            memory, forgotten = self._experience.consider(
                intent, ask.party, ask.succeeded, voice, self._clock()
            )
            if memory is None:
                return Decision(None)
            writes = [self._forgetting(known) for known in forgotten]
            return Decision(None, [*writes, Write(_key(memory.id), encode_struct(memory))])

        await self._acts.do(decide)

    async def tidy(self) -> None:
        """Forget what is too old to count, some at a time. Raises Conflict, Unavailable."""

        def decide() -> Decision[None]:
            faded = self._experience.faded(self._clock())[:WRITES_AT_ONCE]
            return Decision(None, [self._forgetting(known) for known in faded])

        await self._acts.do(decide)

    def _forgetting(self, known: str) -> Write:
        return Write(_key(known), None, self._state.revision_of(_key(known)))

    def _take(self, entry: Entry) -> None:
        if entry.value is None:
            self._experience.drop(rest_of(entry.key))
        else:
            self._experience.put(decode_struct(entry.value, Memory))


def _key(memory: str) -> str:
    return key(EXPERIENCE, memory)
