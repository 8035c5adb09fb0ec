"""An agent's sessions: held, joined, left, resumed (AG-1, AG-2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from overlay.agent.talking import Talking
from overlay.channels.charter import History, May
from overlay.channels.founding import Founding
from overlay.naming.ids import PartyId
from overlay.quality.quality import Quality
from overlay.sessions.session import Session


class Sessioning(Talking):
    """Everything here raises Unreachable outside of the agent's block."""

    async def open_session(
        self,
        name: str,
        *,
        invite: Sequence[PartyId | str] | Mapping[str, May] = (),
        quality: Quality | None = None,
        lifetime_s: float | None = None,
        idle_s: float = 0.0,
        deputies: Sequence[PartyId | str] = (),
        history: History | str = History.ALL,
        signed: bool = False,
        about: str = "",
    ) -> Session:
        """A session `name@our-domain` that we open: a channel whose whole record the session service of our
        domain keeps, sealed, with one number for each event (AG-1, AG-2).

            session = await agent.open_session("case-7", invite=["bob@b.example"], lifetime_s=86400)

        Opened again by the same agent, as after a crash, it is the same session, until it has ended. It ends
        after `lifetime_s`, or after `idle_s` in which nobody said anything (0: never). `deputies`:
        agents of our domain that let others in, and may end it, while we are away. `history`: who joins later
        may read `all` of it, or the `recent` last events. `signed`: as with `create_channel`.

        Raises Refused (it is there already, or its domain keeps no history), BadName, BadInput, Overloaded,
        Unavailable.
        """
        founding = Founding(
            invite=invite,
            about=about,
            lifetime_s=lifetime_s,
            signed=signed,
            history=History(history),
            deputies=deputies,
        )
        return await self._here.works.sessions.open(name, founding, quality or Quality(), idle_s)

    async def join_session(self, session: PartyId | str, *, owner: PartyId | str | None = None) -> Session:
        """Take part in a session `name@home-domain`; at once where we do already. Its owner or a deputy lets
        us in, so one of them must be there. `owner`: whom to ask, where we were not invited by name.

            session = await agent.join_session("case-7@a.example")

        Raises NotFound, NotPermitted (it is by invitation), and what `ask` raises.
        """
        found = PartyId.parse(str(session))
        asked = PartyId.parse(str(owner)) if owner is not None else None
        return await self._here.works.sessions.join(found, asked)

    @property
    def sessions(self) -> list[Session]:
        """Those that we take part in, also after a restart: `[session.id for session in agent.sessions]`."""
        return self._here.works.sessions.all()
