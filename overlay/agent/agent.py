"""An agent in a program."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import NoReturn, Self

from overlay.agent.callers import Access, Callers
from overlay.agent.carrying import Carrying
from overlay.agent.chaining import Chaining
from overlay.agent.channelling import Channelling
from overlay.agent.described import check_told, profile_of, with_served
from overlay.agent.filing import Filing
from overlay.agent.handlers import Handle, Handlers
from overlay.agent.life import Connected, living
from overlay.agent.membership import AS_THE_TOKEN, join_or_load
from overlay.agent.new_certificate import check_not_expired
from overlay.agent.running import run_as_program
from overlay.agent.sessioning import Sessioning
from overlay.agent.streaming import Streaming
from overlay.agent.tasking import Tasking
from overlay.ca.applications.application import Application
from overlay.carriers.methods import Methods
from overlay.chains.delegated import SKILL as CHAIN_SKILL
from overlay.chains.delegated import work
from overlay.endpoint.home import Home
from overlay.errors import BadInput
from overlay.registry.record import Profile, Skill
from overlay.settings import Settings, load_settings
from overlay.tasks.executed import Executed
from overlay.tasks.result import TaskResult
from overlay.tasks.run import Execute, TaskRun

ENVIRONMENT = "OVERLAY_JOIN_TOKEN"


class Agent(Channelling, Sessioning, Tasking, Chaining, Filing, Streaming, Carrying):
    """One agent: `async with Agent(home) as agent`. It is registered, and can be found and reached, from
    entering to leaving the block.

    `home` is the agent's folder: keys, certificate, and what must outlive a restart. `token`, or
    OVERLAY_JOIN_TOKEN in the environment, makes it a member of a domain when it has none yet; `application`
    says who it is then, but for what the token says, and entering waits while an operator has to decide
    (`join_wait_s`). `profile` says more of it than its skills and topics do: a `Profile`, or the path of an
    Agent Description document, an A2A agent card or a text; `description.json` or `description.md` in its
    folder is read by itself. Whom a description lets in is whom the agent lets in (REG-13). `access`: who may
    call it besides the agents of its own domain (`["b.example", "alice@c.example"]`), or a whole policy;
    `access.toml` in its folder is read by itself. `anew`: it may be another than it was before; else what
    breaks who relies on it needs another `profile.version` (REG-3).

    Entering raises BadInput, BadSettings, Refused, Unavailable; Held, RegistrationHeld (nobody decided yet on
    the application, or on the entry: enter again later).
    """

    def __init__(
        self,
        home: Path | str,
        *,
        token: str = "",
        application: Application = AS_THE_TOKEN,
        profile: Profile | Path | str | None = None,
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
        self._executed = Executed()
        self._skills: list[Skill] = []
        self._stack = AsyncExitStack()
        self._entered = False

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

            @agent.serves("text.echo", allow=["b.example"])
            async def echo(message):
                return message.body
        """

        def add(handle: Handle) -> Handle:
            self._handlers.add_skill(skill, handle)
            self._callers.add(skill, allow, closed=closed)
            self._skills.append(Skill(skill, abstract=abstract, inputs=inputs))
            return handle

        return add

    def executes(
        self,
        skill: str,
        *,
        abstract: str = "",
        inputs: str = "",
        allow: Sequence[str] = (),
        closed: bool = False,
    ) -> Callable[[Execute], Execute]:
        """Decorate the handler of tasks (`start_task`) of a skill. It is given a `TaskRun`; what it returns
        is the result. The rest as with `serves`.

            @agent.executes("network.diagnosis")
            async def diagnose(run):
                return f"{run.text}: the line is fine"
        """

        def add(execute: Execute) -> Execute:
            handle = self._executed.add(skill, execute)
            self.serves(skill, abstract=abstract, inputs=inputs, allow=allow, closed=closed)(handle)
            return execute

        return add

    def works_chains(self, *, allow: Sequence[str]) -> None:
        """Work through chains that these send (`delegation`): `agent.works_chains(allow=["b.example"])`. The
        steps are done in our own name, so it is nobody else, of our own domain neither (AG-4).
        """

        @self.executes(CHAIN_SKILL, abstract="works through chains of tasks", allow=allow, closed=True)
        async def run_chain(run: TaskRun) -> TaskResult:
            return await work(run, self, self.endpoint.settings.chain_bytes)

    def subscribes(
        self, topic: str, *, allow: Sequence[str] = (), closed: bool = False
    ) -> Callable[[Handle], Handle]:
        """Decorate the handler of what others `publish` on a topic, or on all that fit `network.*` (any word)
        or `network.>` (all below), where the certificate permits that; the one that says most decides.
        `allow` and `closed` as with `serves`.

            @agent.subscribes("network.incident")
            async def note(message):
                print(message.text)
        """

        def add(handle: Handle) -> Handle:
            self._handlers.add_topic(topic, handle)
            self._callers.add(topic, allow, closed=closed)
            return handle

        return add

    def jsonrpc(self, skill: str, *, allow: Sequence[str] = (), closed: bool = False) -> Methods:
        """A skill that is asked by JSON-RPC 2.0, with methods to be decorated:

            repair = agent.jsonrpc("network.repair")

            @repair.method("restart")
            async def restart(message: Message, line: str) -> str: ...

        `allow` and `closed` as with `serves`.
        """
        methods = Methods()
        self.serves(skill, inputs="application/json", allow=allow, closed=closed)(methods)
        return methods

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
        check_told(self._told, party.settings)
        self._callers.publish(self._told)
        policy = self._callers.policy()
        parts = (self._handlers, self._callers, policy, self._set)
        life = living(self._home, party, self._told, *parts, anew=self._anew)
        async with AsyncExitStack() as stack:
            stack.callback(self._set, None)
            await stack.enter_async_context(life)
            self._stack = stack.pop_all()

    def _set(self, connected: Connected | None) -> None:
        self._connected = connected
        if connected is not None:
            connected.works.tasks.use(self._executed)

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

            async with agent:
                await agent.forever()
        """
        await self.endpoint.closed()

    async def change_access(self, access: Access) -> None:
        """From now on these may call, as with `Agent(access=…)`. Raises BadSettings, Unavailable.

        await agent.change_access(["b.example", "carol@c.example"])
        """
        await self._callers.change(access)

    def run(self) -> NoReturn:
        """The whole program of an agent: enter the block, say so, serve until SIGINT or SIGTERM, leave in
        order, and end the process. What goes wrong is one line on standard error, and exit code 1.

            Agent("echo-home").run()
        """
        run_as_program(self._serve())

    async def _serve(self) -> None:
        async with self:
            told = self._told
            served = [*(skill.id for skill in told.skills), *told.topics]
            sys.stdout.write(f"{self.id} serves {', '.join(served) or 'nothing'}\n")
            sys.stdout.flush()
            await self.forever()
