"""An agent's tasks: those it gives to others (AG-3)."""

from __future__ import annotations

from collections.abc import Sequence

from overlay.agent.talking import Talking
from overlay.content.file_ref import FileRef
from overlay.content.modality import check_inline
from overlay.context.carrying import pack
from overlay.context.context import Context
from overlay.naming.address import is_address
from overlay.naming.ids import PartyId
from overlay.quality.quality import Quality
from overlay.tasks.retry import NEVER, Retry
from overlay.tasks.spec import Spec
from overlay.tasks.task import Task
from overlay.tasks.task_id import new_task_id
from overlay.wire.body import Body, to_bytes


class Tasking(Talking):
    """Everything here raises Unreachable outside of the agent's block."""

    async def start_task(
        self,
        to: PartyId | str,
        body: Body = b"",
        *,
        skill: str = "",
        id: str = "",  # what it is called everywhere
        context: Context | None = None,
        deadline_s: float | None = None,
        retry: Retry = NEVER,
        session: str = "",
        media_type: str = "",
        files: Sequence[FileRef] = (),
        quality: Quality | None = None,
        avoid: Sequence[PartyId] = (),
    ) -> Task:
        """Give a task to an agent (`skill` says which of its skills), or to whoever has a skill:
        `task = await agent.start_task("network.diagnosis", "no dial tone")`. Returns when somebody has taken
        it; a short one has its result then. The same `id` (32 hexadecimal digits) again is the same task,
        also after a restart: it never starts a second one. `deadline_s`: of the whole, all attempts together.
        `avoid`: who is not asked, where a skill was named.

        Raises what `ask` raises, where nobody took it; Refused where `id` is another task's; TooLarge, also
        for what goes as a file by its `media_type` (AG-8).
        """
        here = self._here
        target = str(await here.addressing.party(to)) if isinstance(to, PartyId) or is_address(to) else to
        settings, sent = self.endpoint.settings, to_bytes(body)
        if media_type:
            check_inline(media_type, len(sent), settings)
        spec = Spec(
            to=target,
            skill=skill,
            body=sent,
            media_type=media_type,
            files=tuple(files),
            context=pack(context, settings) if context is not None else b"",
            session=session,
            retry=retry,
            quality=quality,
            avoid=tuple(str(party) for party in avoid),
        )
        giving = here.works.tasks.giving
        given = await giving.start(id or new_task_id(), spec, deadline_s or settings.task_deadline_s)
        return Task(given, giving)

    def task(self, task_id: str) -> Task:
        """A task that we gave, also before a restart: `task = agent.task(task_id)`. Raises NotFound."""
        giving = self._here.works.tasks.giving
        return Task(giving.find(task_id), giving)
