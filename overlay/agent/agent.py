"""An agent in a program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self, TypeVar

from overlay.agent.asking import ask_in_turn, send_to_all
from overlay.agent.callers import Access, Callers
from overlay.agent.candidates import candidates, nobody
from overlay.agent.described import profile_of, with_served
from overlay.agent.finding import Finding
from overlay.agent.handlers import Body, Handle, Handlers, to_bytes
from overlay.agent.life import living
from overlay.agent.membership import AS_THE_TOKEN, join_or_load
from overlay.agent.new_certificate import check_not_expired
from overlay.agent.presence import Presence
from overlay.agent.running import run_as_program
from overlay.ca.applications.application import Application
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.message import Message, Sent
from overlay.errors import BadInput, Unreachable
from overlay.naming.ids import PartyId, check_topic
from overlay.naming.subjects import Priority
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile, Readiness, Skill, Status
from overlay.registry.search.protocol import Find, Match, Matches
from overlay.settings import Settings, load_settings

T = TypeVar("T")
ENVIRONMENT = "OVERLAY_JOIN_TOKEN"


class Agent:
    """One agent: `async with Agent(home) as agent`. It is registered, and can be found and reached, from
    entering to leaving the block.

    `home` is the agent's folder: keys, certificate, and what must outlive a restart. `token`, or
    OVERLAY_JOIN_TOKEN in the environment, makes it a member of a domain when it has none yet; `application`
    says who it is then, but for what the token says, and entering waits while an operator has to decide
    (`join_wait_s`). `profile` says more of it than its skills and topics do: a `Profile`, or the `Path` of an
    Agent Description document, an A2A agent card or a text; `description.json` or `description.md` in its
    folder is read by itself. Whom a description lets in is whom the agent lets in (REG-13). `access`: who may
    call it besides the agents of its own domain (`["b.example", "alice@c.example"]`), or a whole policy;
    `access.toml` in its folder is read by itself. `anew`: it may be another than it was before; else what
    breaks who relies on it needs another `profile.version` (REG-3).

    Entering raises BadInput, BadSettings, Refused, Unavailable, Held (nobody decided yet: enter again later).
    """

    def __init__(
        self,
        home: Path | str,
        *,
        token: str = "",
        application: Application = AS_THE_TOKEN,
        profile: Profile | Path | None = None,
        settings: Settings | None = None,
        access: Access = (),
        anew: bool = False,
    ) -> None:
        self._home = Path(home).expanduser()
        self._callers = Callers(self._home, access)
        self._token = token or os.environ.get(ENVIRONMENT, "")
        self._application = application
        self._profile = profile
        self._told = Profile()
        self._settings = settings or load_settings()
        self._anew = anew
        self._handlers = Handlers()
        self._skills: list[Skill] = []
        self._stack = AsyncExitStack()
        self._entered = False
        self._endpoint: Endpoint | None = None
        self._registry: RegistryClient | None = None
        self._finding: Finding | None = None
        self._presence: Presence | None = None

    # -- before entering --------------------------------------------------------------------------------
    def serves(
        self,
        skill: str,
        *,
        abstract: str = "",
        inputs: str = "",
        allow: Sequence[str] = (),
        closed: bool = False,
    ) -> Callable[[Handle], Handle]:
        """Decorate the handler of a skill: what it returns is the answer. The certificate must permit it.
        `allow`: who may use it besides agents of the own domain; `closed`: instead of them.
        """

        def add(handle: Handle) -> Handle:
            self._handlers.add_skill(skill, handle)
            self._callers.add(skill, allow, closed=closed)
            self._skills.append(Skill(skill, abstract=abstract, inputs=inputs))
            return handle

        return add

    def subscribes(
        self, topic: str, *, allow: Sequence[str] = (), closed: bool = False
    ) -> Callable[[Handle], Handle]:
        """Decorate the handler of what others `publish` on a topic; `allow` and `closed` as with `serves`."""

        def add(handle: Handle) -> Handle:
            self._handlers.add_topic(topic, handle)
            self._callers.add(topic, allow, closed=closed)
            return handle

        return add

    # -- the block ---------------------------------------------------------------------------------------
    async def __aenter__(self) -> Self:
        if self._entered:
            raise BadInput("this agent is in use already: enter its block once, or make another Agent")
        self._entered = True
        try:
            await self._enter()
        except BaseException:
            self._entered = False
            raise
        return self

    async def _enter(self) -> None:
        self._callers.policy()  # what is wrong with it is said before there is an agent
        party = await join_or_load(self._home, self._token, self._settings, self._application)
        check_not_expired(party, Home(self._home))
        described = profile_of(self._profile, self._home, party)
        self._told = with_served(described, self._skills, self._handlers.topics)
        self._callers.publish(self._told)
        policy = self._callers.policy()
        parts = (self._handlers, self._callers, policy, self._connected)
        life = living(self._home, party, self._told, *parts, anew=self._anew)
        async with AsyncExitStack() as stack:
            stack.callback(self._closed)
            await stack.enter_async_context(life)
            self._stack = stack.pop_all()

    def _connected(
        self, endpoint: Endpoint, registry: RegistryClient, presence: Presence, finding: Finding
    ) -> None:
        self._endpoint, self._registry = endpoint, registry
        self._presence, self._finding = presence, finding

    def _closed(self) -> None:
        self._endpoint = self._registry = self._presence = self._finding = None

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            await self._stack.__aexit__(kind, error, trace)
        finally:
            self._entered = False

    async def forever(self) -> None:
        """Serve until cancelled. Raises Unreachable when the broker was given up. The block ends with Expired
        when the certificate ended and could not be renewed.
        """
        await self.endpoint.closed()

    async def change_access(self, access: Access) -> None:
        """From now on these may call, as with `Agent(access=…)`. Raises BadSettings, Unavailable."""
        await self._callers.change(access)

    async def report(self, state: Readiness = Readiness.READY, *, load: float = 0.0, text: str = "") -> None:
        """How it is from now on (GW-2), which discovery goes by: ready, busy or draining, its load from 0 to
        1, and a word on it. Raises BadInput, Refused, Unavailable.
        """
        await _here(self._presence).report(Status(Readiness(state), load, text))

    def run(self) -> NoReturn:
        """The whole program of an agent: enter the block, say so, serve until SIGINT or SIGTERM, leave in
        order, and end the process. What goes wrong is one line on standard error, and exit code 1.
        """
        run_as_program(self._serve())

    async def _serve(self) -> None:
        async with self:
            told = self._told
            served = [*(skill.id for skill in told.skills), *told.topics]
            sys.stdout.write(f"{self.id} serves {', '.join(served) or 'nothing'}\n")
            sys.stdout.flush()
            await self.forever()

    # -- talking -----------------------------------------------------------------------------------------
    @property
    def id(self) -> PartyId:
        """`name@domain`."""
        return self.endpoint.me

    @property
    def endpoint(self) -> Endpoint:
        """What the agent talks through: its `counters` of what was dropped, its `gate` and what that refused,
        its certificate (`identity`). Raises Unreachable outside of the block.
        """
        return _here(self._endpoint)

    async def ask(
        self,
        to: PartyId | str,
        body: Body = b"",
        *,
        skill: str = "",
        priority: Priority = Priority.NORMAL,
        timeout_s: float | None = None,
        reliable: bool = False,
    ) -> Message:
        """Ask an agent (`name@domain`), or whoever has a skill (`network.fault-diagnosis`) best.

        Raises NotFound, Refused, TimedOut, Failed (the other side's words), Unreachable.
        """
        question = to_bytes(body)
        found = await candidates(self._directory, to, skill)
        answer = await ask_in_turn(
            self.endpoint, found, question, priority=priority, timeout_s=timeout_s, reliable=reliable
        )
        if answer is None:
            raise nobody(to, self.id)
        return answer

    async def send(
        self,
        to: PartyId | str,
        body: Body,
        *,
        skill: str = "",
        priority: Priority = Priority.NORMAL,
        reliable: bool = False,
        deadline_s: float | None = None,
    ) -> Sent:
        """Send without waiting for an answer. Reliable: returns once stored; `await sent.receipt()` says that
        it was handled. Raises as `ask`.
        """
        told = to_bytes(body)
        found = await candidates(self._directory, to, skill)
        if not found:
            raise nobody(to, self.id)
        candidate, topic = found[0]
        return await self.endpoint.send(
            candidate,
            told,
            topic=topic,
            priority=priority,
            reliable=reliable,
            deadline_s=deadline_s,
        )

    async def publish(self, topic: str, body: Body, *, reliable: bool = False) -> int:
        """Send to whoever subscribes to `topic`, here and in peered domains. Returns to how many (AG-7).

        Raises what sending to one of them raised, after all were tried.
        """
        told = to_bytes(body)
        records = await self._directory.subscribers(check_topic(topic))
        parties = [PartyId.parse(record.party) for record in records]
        return await send_to_all(self.endpoint, parties, told, topic, reliable=reliable)

    async def find(self, skill: str, *, limit: int = 10) -> Sequence[Match]:
        """Who has `skill`, or one below it; the best first (REG-4)."""
        return await self._directory.find(skill, limit=limit)

    async def discover(
        self, ask: Find | str, *, max_age_s: float | None = None, patience_s: float = 0.0
    ) -> Matches:
        """Who fits: a skill, a sentence, or any combination of conditions (REG-4, REG-5); signed by the
        registry, which is checked. `max_age_s`: leave out whom the registry heard of longer ago.
        `patience_s`: where it says that it is asked too often, so long at most wait and ask again.
        """
        return await _here(self._finding).discover(ask, max_age_s=max_age_s, patience_s=patience_s)

    async def ask_best(
        self, intent: str, body: Body | None = None, timeout_s: float | None = None
    ) -> Message:
        """Ask whoever fits a sentence best, and if that one does not take it, the next; its words are the
        question, unless there is a `body`. The registry is told whether it went well. Raises as `ask`.
        """
        return await _here(self._finding).ask_best(intent, to_bytes(body or intent), timeout_s)

    def rate(self, intent: str, party: PartyId | str, *, succeeded: bool) -> None:
        """Tell the registry how an agent that was chosen for an intent did; nothing is waited for."""
        _here(self._finding).report(intent, party, succeeded=succeeded)

    # -- inside ------------------------------------------------------------------------------------------
    @property
    def _directory(self) -> RegistryClient:
        return _here(self._registry)


def _here(part: T | None) -> T:
    if part is None:
        raise Unreachable("this agent is not connected: use it inside `async with Agent(…) as agent`")
    return part
