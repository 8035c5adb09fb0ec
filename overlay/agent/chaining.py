"""An agent's chains: graphs of subtasks that it has done (AG-4, AG-5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from overlay.agent.talking import Talking
from overlay.chains.chain import Chain
from overlay.chains.document import decode_chain
from overlay.chains.run import ChainRun
from overlay.chains.values import body_of
from overlay.context.context import Context
from overlay.tasks.task_id import new_task_id

Value = Any
"""What JSON can say; bytes and text go as they are."""


class Chaining(Talking):
    """Everything here raises Unreachable outside of the agent's block."""

    async def run_chain(
        self,
        chain: Chain | bytes | str,
        body: Value = b"",
        *,
        context: Context | None = None,
        id: str = "",  # what it is called everywhere
        wait_for_skills: bool = False,
    ) -> ChainRun:
        """Work through a chain, or its JSON, with this as its input:
        `run = await agent.run_chain(chain, {"complaint": "no dial tone"}, id="case-7")`. It is checked, and
        all its skills are asked for, before anything of it starts; `wait_for_skills`: its steps wait for
        whoever comes. The same `id` again is the same run. An agent that restarts goes on with it by itself.

        Raises BadInput: all that is wrong with it; NotFound: which skills nobody offers; Refused: this ID is
        another's; TooLarge; Overloaded; Unavailable.
        """
        orchestrator = self._here.works.chains
        most = self.endpoint.settings.chain_bytes
        meant = chain if isinstance(chain, Chain) else decode_chain(chain, most)
        return await orchestrator.begin_chain(
            meant, body_of(body), context, id or new_task_id(), wait_for_skills=wait_for_skills
        )

    def chain(self, chain_id: str) -> ChainRun:
        """One that we run or ran, also before a restart: `run = agent.chain("case-7")`. Raises NotFound."""
        return self._here.works.chains.run_of(chain_id)

    @property
    def chains(self) -> Sequence[ChainRun]:
        """Those that we run or ran, the latest first: `[run.id for run in agent.chains]`."""
        orchestrator = self._here.works.chains
        return [orchestrator.run_of(row.order.id) for row in orchestrator.rows()]
