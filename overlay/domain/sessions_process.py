"""The process of a domain's session service: an agent of the domain, let in by the operator's hand."""

from __future__ import annotations

from collections.abc import Callable

from overlay.agent.agent import Agent
from overlay.domain.folder import DomainFolder
from overlay.domain.residents import resident
from overlay.naming.ids import SESSIONS
from overlay.policy.access import allowing
from overlay.sessions.protocol import RECORD_TOPIC, TOPIC
from overlay.settings import load_settings


async def run_sessions(folder: DomainFolder, ready: Callable[[], None]) -> None:
    """Until cancelled. Members of a channel may be of any domain: the channel's roster says who they are, and
    the service asks nothing else. Raises OverlayError.
    """
    settings = load_settings(folder.settings)
    home = await resident(folder, SESSIONS, (), of_domain=True)
    room = settings.session_watchers + settings.handlers_at_once  # who waits for events is a handler, too
    access = [allowing(("anyone",), skill=topic) for topic in (TOPIC, RECORD_TOPIC)]
    async with Agent(
        home, settings=settings.model_copy(update={"handlers_at_once": room}), access=access
    ) as agent:
        ready()
        await agent.forever()
