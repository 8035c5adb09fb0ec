"""An agent's way to others, from entering its block to leaving it: what `Agent` can do then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from overlay.agent.life import Connected
from overlay.agent.qualified import Qualified
from overlay.anycast.choice import Choice
from overlay.endpoint.dead_letters import DeadLetter
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message, Sent
from overlay.errors import Unreachable
from overlay.naming.address import is_address
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.quality.quality import Quality
from overlay.registry.record import Readiness, Record, Status
from overlay.registry.search.protocol import Find, Matches
from overlay.wire.body import Body, to_bytes

T = TypeVar("T")


class Talking:
    """Everything here raises Unreachable outside of the agent's block."""

    _connected: Connected | None = None

    @property
    def _here(self) -> Connected:
        if self._connected is None:
            raise Unreachable("this agent is not connected: use it inside `async with Agent(…) as agent`")
        return self._connected

    @property
    def id(self) -> PartyId:
        """`name@domain`."""
        return self.endpoint.me

    @property
    def endpoint(self) -> Endpoint:
        """What the agent talks through: its `counters` of what was dropped, its `gate` and what that refused,
        its certificate (`identity`). Raises Unreachable outside of the block.
        """
        return self._here.endpoint

    async def ask(
        self,
        to: PartyId | str,
        body: Body = b"",
        *,
        skill: str = "",
        priority: Priority = Priority.NORMAL,
        timeout_s: float | None = None,
        reliable: bool = False,
        task: str = "",
    ) -> Message:
        """Ask an agent (`name@domain`, its DID or URL), or whoever has a skill (`network.diagnosis`) and
        serves best (GW-10, `choose`); who fails is passed over. `task`: what belongs to one task goes to the
        same agent.

        Raises NotFound, Refused, TimedOut, Failed (the other side's words), Unreachable.

            answer = await agent.ask("network.diagnosis", "no dial tone")
        """
        question = to_bytes(body)

        async def use(party: PartyId, its_skill: str) -> Message:
            return await self.endpoint.ask(
                party, question, topic=its_skill, priority=priority, timeout_s=timeout_s, reliable=reliable
            )

        return await self._with(to, skill, task, use)

    async def send(
        self,
        to: PartyId | str,
        body: Body,
        *,
        skill: str = "",
        priority: Priority = Priority.NORMAL,
        reliable: bool = False,
        deadline_s: float | None = None,
        task: str = "",
    ) -> Sent:
        """Send without waiting for an answer. Reliable: returns once stored; `await sent.receipt()` says that
        it was handled. Raises as `ask`.

            sent = await agent.send("bob@b.example", "the line is dead", skill="case.note", reliable=True)
            await sent.receipt()
        """
        told = to_bytes(body)

        async def use(party: PartyId, its_skill: str) -> Sent:
            return await self.endpoint.send(
                party, told, topic=its_skill, priority=priority, reliable=reliable, deadline_s=deadline_s
            )

        return await self._with(to, skill, task, use)

    def quality(self, name: str, quality: Quality | None = None) -> Qualified:
        """To send and ask under the quality of a session or task (GW-13), by which the other side answers;
        it may be revised at any time: `task = agent.quality("task-17", Quality(Priority.HIGH))`. Without
        `quality` it is as it was, or as others said under this name. Raises BadInput.

            urgent = agent.quality("case-17", Quality(Priority.HIGH, reliable=True))
            await urgent.send("bob@b.example", "now, please", skill="case.note")
        """
        if quality is not None:
            self.endpoint.qualities.table.set(name, quality)
        return Qualified(name, self.endpoint, self._with)

    async def look_up(self, who: PartyId | str) -> Record:
        """What our registry knows, or finds out, of an agent by its ID, DID or URL, in whatever domain.

        Raises BadName, NotFound, Unavailable.

            record = await agent.look_up("did:web:b.example:agents:bob")
        """
        here = self._here
        return await here.registry.resolve(await here.addressing.party(who))

    async def choose(self, skill: str, task: str = "") -> Choice:
        """Whom `ask` would ask for a skill now, in this order, and why. Raises BadName, NotFound.

        choice = await agent.choose("network.diagnosis")
        """
        return await self._here.anycasting.choose(skill, task)

    async def _with(
        self, to: PartyId | str, skill: str, task: str, use: Callable[[PartyId, str], Awaitable[T]]
    ) -> T:
        if isinstance(to, PartyId) or is_address(to):
            return await use(await self._here.addressing.party(to), skill)
        anycasting = self._here.anycasting
        choice = await anycasting.choose(to, task)
        return await anycasting.first(choice, lambda party, its: use(party, skill or its))

    def dead_letters(self) -> list[DeadLetter]:
        """Reliable messages that were given up, by us or for good by our handler, the oldest first.

        lost = [letter.id for letter in agent.dead_letters()]
        """
        return self.endpoint.dead_letters.all()

    async def send_again(self, message_id: bytes, *, deadline_s: float | None = None) -> Sent:
        """Send a dead letter of ours again, sealed anew, under the same ID: who handled it already does not
        do it twice. Raises NotFound; BadInput for one that was received; the same as `send`.

            sent = await agent.send_again(agent.dead_letters()[0].id)
        """
        return await self.endpoint.send_again(message_id, deadline_s=deadline_s)

    async def publish(
        self,
        topic: str,
        body: Body,
        *,
        reliable: bool = False,
        priority: Priority = Priority.NORMAL,
        deadline_s: float | None = None,
        domains: Sequence[str] = (),
        attributes: Mapping[str, str] | None = None,
    ) -> int:
        """Send to whoever subscribes to `topic`, or to all topics of a pattern that fits it, here and in
        peered domains, or in `domains` alone. Returns to how many (AG-7).

            await agent.publish("network.incident", "node 7 is down", reliable=True)

        Who subscribed is believed for `subscribers_fresh_s`. Raises BadName; what sending to one of them
        raised, after all were tried.
        """
        return await self._here.publishing.publish(
            topic,
            to_bytes(body),
            reliable=reliable,
            priority=priority,
            deadline_s=deadline_s,
            domains=domains,
            attributes=attributes,
        )

    async def discover(
        self, ask: Find | str, *, max_age_s: float | None = None, patience_s: float = 0.0
    ) -> Matches:
        """Who fits: a skill, a sentence, or any combination of conditions (REG-4, REG-5); signed by the
        registry, which is checked. `max_age_s`: leave out whom the registry heard of longer ago.
        `patience_s`: where it says that it is asked too often, so long at most wait and ask again.

            matches = await agent.discover("who can find out why a line is dead?")
        """
        return await self._here.finding.discover(ask, max_age_s=max_age_s, patience_s=patience_s)

    async def ask_best(
        self, intent: str, body: Body | None = None, timeout_s: float | None = None
    ) -> Message:
        """Ask whoever fits a sentence best, and if that one does not take it, another that fits about as well
        (`ask_best_within`, `ask_best_floor`), and nobody else; its words are the question, unless there is a
        `body`. The registry is told whether it went well.

        Raises as `ask`: NotPermitted if the best does not let us in and nobody else took it, NotFound if
        nobody fits; BadInput for an empty sentence, or one of several needs.

            answer = await agent.ask_best("find out why my line is dead")
        """
        return await self._here.finding.ask_best(
            intent, to_bytes(intent if body is None else body), timeout_s
        )

    def rate(self, intent: str, party: PartyId | str, *, succeeded: bool) -> None:
        """Tell the registry how an agent that was chosen for an intent did; nothing is waited for, and what
        it does not take is logged. Raises BadInput, BadName.

            agent.rate("find out why my line is dead", answer.sender, succeeded=True)
        """
        self._here.finding.report(intent, party, succeeded=succeeded)

    async def report(self, state: Readiness = Readiness.READY, *, load: float = 0.0, text: str = "") -> None:
        """How it is from now on (GW-2), which discovery goes by: ready, busy or draining, its load from 0 to
        1, and a word on it. Raises BadInput, Refused, Unavailable.

            await agent.report(Readiness.BUSY, load=0.8, text="three cases open")
        """
        await self._here.presence.report(Status(Readiness(state), load, text))
