"""An agent with a folder, in a domain in memory whose CA answers: for tests of its renewal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from overlay.agent.renewal import Renewal
from overlay.ca.protocol import AskStatus, State
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.settings import Settings
from overlay.trust.keycard import make_card
from tests.ca.ca_domain import CaDomain

DAY_S = 86400.0
LIMIT_S = 30.0
SETTINGS = Settings(
    ask_timeout_s=LIMIT_S,
    renew_linger_s=0.0,
    receipt_wait_s=0.0,
    redelivery_wait_s=0.01,
    renew_check_s=0.01,
    probe_after_s=0.05,
    reliable_deadline_s=DAY_S,
)


class Town:
    """A CA domain, and a directory in which agents enter their cards themselves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder  # certificates end before the cards of the services do
        self.ca = CaDomain(folder, agent_certificate_days=3.0)
        self.directory = self.ca.memory.directory

    async def home(self, name: str) -> Home:
        """The folder of a new member."""
        party = await self.ca.enrol(name)
        home = Home(self.folder / name)
        home.save(party.credentials, self.ca.memory.card)
        self.enter(party)
        return home

    def load(self, home: Home, settings: Settings = SETTINGS) -> Party:
        """Who lives there."""
        return home.load(settings, self.ca.clock)

    def enter(self, party: Party) -> None:
        """In the directory, with a fresh card."""
        self.directory.cards[party.id] = make_card(party.credentials, self.ca.clock())

    @asynccontextmanager
    async def process(
        self, home: Home, settings: Settings = SETTINGS
    ) -> AsyncIterator[tuple[Endpoint, Renewal]]:
        """One process of the agent that lives there; its renewal does not run by itself."""
        async with self.ca.open(self.load(home, settings)) as endpoint:
            endpoint.use_directory(self.directory)

            async def announce() -> None:
                self.enter(endpoint.party)

            yield endpoint, Renewal(endpoint, home, announce)

    def later(self, days: float) -> None:
        """Turn the clock."""
        self.ca.clock.now += days * DAY_S

    def valid(self, name: str) -> int:
        """How many valid certificates the CA knows of it."""
        return len(self.ca.store.valid_of(name, self.ca.clock()))

    def state(self, endpoint: Endpoint) -> State:
        """What the CA says of the certificate that is used."""
        ask = AskStatus(serial=format(endpoint.identity.serial, "x"))
        return self.ca.authority.status(endpoint.me, ask).state


@asynccontextmanager
async def town(folder: Path) -> AsyncIterator[Town]:
    """With CA and registry at work."""
    made = Town(folder)
    async with made.ca.serving():
        yield made


async def soon(renewal: Renewal) -> bool:
    """`check`, within the limit."""
    async with asyncio.timeout(LIMIT_S):
        return await renewal.check()
