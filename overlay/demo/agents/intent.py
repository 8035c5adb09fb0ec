"""Intent recognition: from the customer's words to a class."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.desk import Desk
from overlay.demo.intent import classify
from overlay.demo.letters import Complaint, Intent


class IntentRecognition:
    """By words."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.serves(skills.INTENT, Complaint, self.recognise)

    async def recognise(self, ticket: str, complaint: Complaint) -> Intent:
        """The class of the complaint."""
        kind, sure = classify(complaint.text)
        self._desk.says(ticket, f"class: {kind} ({sure:.0%})")
        return Intent(kind, sure)
