"""The personal assistant: speaks for the customer, and arranges follow-up."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.causes import Action
from overlay.demo.desk import Desk
from overlay.demo.letters import (
    Act,
    Answer,
    CaseReport,
    Complaint,
    Done,
    FollowUp,
    Intent,
    Quality,
    Question,
    Unclear,
)
from overlay.demo.network import Network


class Assistant:
    """`complain` begins a case. The customer's answers are simulated."""

    def __init__(self, desk: Desk, network: Network, case_s: float) -> None:
        self._desk = desk
        self._network = network
        self._case_s = case_s
        desk.serves(skills.CUSTOMER_SAY, Unclear, self.say)
        desk.serves(skills.CUSTOMER_ANSWER, Question, self.answer)
        desk.serves(skills.CUSTOMER_TRY, Act, self.attempt)
        desk.serves(skills.FOLLOW_UP, FollowUp, self.follow_up)
        desk.subscribes(skills.QUALITY, Quality, self.heard)

    async def complain(self, complaint: Complaint) -> CaseReport:
        """Give the complaint to whoever diagnoses; returns how it ended."""
        self._desk.says(complaint.ticket, f"customer: {complaint.text}")
        return await self._desk.ask(
            skills.CASE, complaint.ticket, complaint, CaseReport, reliable=True, timeout_s=self._case_s
        )

    async def say(self, ticket: str, _: Unclear) -> Intent:
        """What is wrong, in the customer's own words."""
        kind = self._network.symptom(ticket)
        self._desk.says(ticket, f"customer says: {kind}")
        return Intent(kind, 1.0)

    async def answer(self, ticket: str, question: Question) -> Answer:
        """The customer looks."""
        value = self._network.measure(ticket, [question.reading]).values[question.reading]
        self._desk.says(ticket, f"customer: {question.text} {'Yes' if value > 0.5 else 'No'}.")
        return Answer(value)

    async def attempt(self, ticket: str, act: Act) -> Done:
        """The customer does what is advised."""
        return Done(self._network.act(ticket, Action(act.action)), "the customer followed the advice")

    async def follow_up(self, ticket: str, order: FollowUp) -> None:
        """Goes into the calendar."""
        self._desk.says(ticket, f"follow-up: {order.what}")

    async def heard(self, ticket: str, quality: Quality) -> None:
        """The customer is told early when the fault is back."""
        if quality.came_back:
            self._desk.says(ticket, "customer told that the fault is back and is being seen to")
