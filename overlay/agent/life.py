"""An agent's life in its domain: connected, found, served, renewed. The composition of this room."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from overlay.agent.addressing import Addressing
from overlay.agent.callers import Callers
from overlay.agent.company import Company
from overlay.agent.finding import Finding
from overlay.agent.handlers import Handlers
from overlay.agent.papers import Papers
from overlay.agent.presence import Presence
from overlay.agent.publishing import Publishing
from overlay.agent.renewal import Renewal
from overlay.agent.senders import Senders
from overlay.agent.works import Works
from overlay.anycast.anycasting import Anycasting
from overlay.ca.revocation.following import Following
from overlay.ca.roots.card_keeper import CardKeeper
from overlay.endpoint.background import beside
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.policy.access import AccessPolicy
from overlay.registry.client import RegistryClient
from overlay.registry.record import Profile
from overlay.registry.roots_check import RootsCheck


@dataclass(frozen=True, slots=True)
class Connected:
    """What a connected agent talks through."""

    endpoint: Endpoint
    registry: RegistryClient
    presence: Presence
    finding: Finding
    anycasting: Anycasting
    addressing: Addressing
    publishing: Publishing
    works: Works


@asynccontextmanager
async def living(
    folder: Path,
    party: Party,
    profile: Profile,
    handlers: Handlers,
    callers: Callers,
    policy: AccessPolicy,
    tell: Callable[[Connected], None],
    *,
    anew: bool,
) -> AsyncIterator[None]:
    """`tell` is called before the first handler is called; `anew`: see `Presence`. Handlers
    may ask others until the very end.

    Raises BadSettings, Refused, Unavailable; what fails while the block runs ends it.
    """
    async with AsyncExitStack() as stack:
        endpoint = await stack.enter_async_context(Endpoint.open(party))
        registry = RegistryClient(endpoint)
        endpoint.use_directory(registry)
        home = Home(folder)
        keeper = CardKeeper(endpoint, home, registry)
        await keeper.begin()
        following = Following(endpoint, from_now=True)
        await registry.follow_denied()  # before anything is read that a revoked sender left behind
        papers = Papers(endpoint, folder)
        presence = Presence(registry, profile, Company(folder), party.settings, anew=anew)
        endpoint.gate.means = handlers.means
        senders = Senders(registry.resolve, party.settings, party.clock, endpoint.counters)
        endpoint.gate.senders = senders
        callers.open(policy, endpoint, registry, presence.announce)
        finding = Finding(endpoint, registry)
        anycasting = Anycasting(endpoint.me, registry.find, party.settings)
        addressing = Addressing(endpoint.me.domain, endpoint.learn_domain, party.settings)
        publishing = Publishing(endpoint, registry)
        works = Works.of(endpoint, registry, anycasting, callers, folder)
        handlers.reserved.update(works.topics)
        tell(Connected(endpoint, registry, presence, finding, anycasting, addressing, publishing, works))
        await endpoint.serve(handlers)
        await presence.begin()
        stack.push_async_callback(presence.end)
        for work in works.all:
            stack.push_async_callback(work.close)
            await work.begin()
        renewal = Renewal(endpoint, home, presence.announce)
        presence.after_beat = keeper.after_news = renewal.look
        runs = (presence.keep(), following.run(), keeper.run(), renewal.run(), papers.run(), finding.run())
        check = RootsCheck(endpoint, registry.bundle)
        running = (work.run() for work in works.all)
        await stack.enter_async_context(beside(*runs, senders.run(), check.run(), *running))
        yield
