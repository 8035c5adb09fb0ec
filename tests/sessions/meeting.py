"""Agents of one domain in memory that hold sessions, and the session service, which can be killed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from overlay.channels.charter import History
from overlay.channels.founding import Founding
from overlay.channels.groups import Groups
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Message
from overlay.endpoint.party import Party
from overlay.naming.ids import SESSIONS, PartyId
from overlay.policy.access import AccessPolicy, allowing
from overlay.quality.quality import Quality
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile
from overlay.sessions.client import SessionsClient
from overlay.sessions.event import Event
from overlay.sessions.protocol import RECORD_TOPIC, TOPIC, Kind
from overlay.sessions.service import SessionService
from overlay.sessions.session import Session
from overlay.sessions.sessions import Sessions
from tests.ca.ca_domain import CaDomain

QUICK = {
    "session_answer_s": 1.0,
    "session_patience_s": 3.0,
    "session_wait_s": 5.0,
    "session_check_s": 0.05,
    "session_retry_s": 0.02,
}


class Somebody:
    """An agent with its channels and sessions."""

    def __init__(self, endpoint: Endpoint, groups: Groups, sessions: Sessions) -> None:
        self.endpoint = endpoint
        self.groups = groups
        self.sessions = sessions
        self.client = SessionsClient(endpoint)

    @property
    def name(self) -> str:
        return str(self.endpoint.me)

    @property
    def service(self) -> SessionService:
        """Of the service itself."""
        assert self.sessions.service is not None
        return self.sessions.service

    async def open(self, name: str, *invited: Somebody, quality: Quality | None = None) -> Session:
        founding = Founding(invite=[one.name for one in invited], history=History.ALL)
        return await self.sessions.open(name, founding, quality or Quality(), 0.0)

    async def join(self, session: Session) -> Session:
        return await self.sessions.join(session.id, None)


class Meeting:
    """Of one domain."""

    def __init__(self, domain: CaDomain, folder: Path) -> None:
        self.domain = domain
        self.folder = folder
        self.parties: dict[str, Party] = {}

    async def party(self, name: str) -> Party:
        """The same one whenever it is asked for."""
        if name not in self.parties:
            self.parties[name] = await self.domain.enrol(name)
        return self.parties[name]

    @asynccontextmanager
    async def at_work(self, name: str) -> AsyncIterator[Somebody]:
        """One process of the agent."""
        async with self.domain.open_calm(await self.party(name)) as endpoint:
            registry = RegistryClient(endpoint)
            endpoint.use_directory(registry)
            if name == SESSIONS:
                rules = tuple(allowing(("anyone",), skill=topic) for topic in (TOPIC, RECORD_TOPIC))
                endpoint.gate.policy = AccessPolicy(allow=rules)
            groups = Groups(endpoint, registry, self.folder / name / "channels")
            sessions = Sessions(endpoint, registry, groups, self.folder / name / "sessions")

            async def handle(message: Message) -> bytes | None:
                return await sessions.topics.get(message.topic, groups.handle)(message)

            await endpoint.serve(handle)
            await registry.register(Profile())
            try:
                await groups.begin()
                await sessions.begin()
                yield Somebody(endpoint, groups, sessions)
            finally:
                await sessions.close()
                await groups.close()

    @asynccontextmanager
    async def some(self, *names: str) -> AsyncIterator[list[Somebody]]:
        """The service first, then these."""
        async with AsyncExitStack() as stack:
            yield [await stack.enter_async_context(self.at_work(name)) for name in (SESSIONS, *names)]

    def id(self, name: str) -> PartyId:
        return PartyId(name, self.domain.memory.name)


@asynccontextmanager
async def meeting(folder: Path, **changes: object) -> AsyncIterator[Meeting]:
    """Its domain serves."""
    domain = CaDomain(folder, **{**QUICK, **changes})
    async with domain.serving():
        (folder / SESSIONS).mkdir()
        yield Meeting(domain, folder)


async def all_of(session: Session, after: int = 0) -> list[Event]:
    """What there is now."""
    last = (await session.refresh()).last
    return [event async for event in session.events(after, upto=last)]


def said(events: list[Event]) -> list[str]:
    return [event.text for event in events if event.kind is Kind.SAID]
