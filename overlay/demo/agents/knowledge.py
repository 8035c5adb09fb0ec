"""Knowledge Q&A: guides the customer, one question after the other."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.desk import Desk
from overlay.demo.letters import Act, Answer, Collect, Done, Intent, Question, Unclear, Values
from overlay.demo.readings import READINGS


class Knowledge:
    """Knows how to ask for what only the customer sees."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.serves(skills.CLARIFY, Unclear, self.clarify)
        desk.serves(skills.GUIDE, Collect, self.guide)
        desk.serves(skills.ADVISE, Act, self.advise)

    async def clarify(self, ticket: str, unclear: Unclear) -> Intent:
        """Ask the customer what is wrong."""
        self._desk.says(ticket, "asks the customer: what is it about?")
        return await self._desk.ask(skills.CUSTOMER_SAY, ticket, unclear, Intent)

    async def guide(self, ticket: str, wanted: Collect) -> Values:
        """One question for each reading."""
        values: dict[str, float] = {}
        for name in wanted.names:
            question = Question(name, READINGS[name].question)
            values[name] = (await self._desk.ask(skills.CUSTOMER_ANSWER, ticket, question, Answer)).value
        return Values(values)

    async def advise(self, ticket: str, act: Act) -> Done:
        """Walk the customer through it."""
        self._desk.says(ticket, "guides the customer through the device's settings")
        return await self._desk.ask(skills.CUSTOMER_TRY, ticket, act, Done)
