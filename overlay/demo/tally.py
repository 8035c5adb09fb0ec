"""How many messages were sent, and how many came; counted at both ends. Pure."""

from __future__ import annotations

from collections import Counter


class Tally:
    """By what a message is: a task of a skill, its result, a question, an answer, a line of a case."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()
        self._received: Counter[str] = Counter()

    def sent(self, what: str) -> None:
        """Its sender handed it over."""
        self._sent[what] += 1

    def received(self, what: str) -> None:
        """Its receiver has it."""
        self._received[what] += 1

    @property
    def messages(self) -> int:
        """Sent."""
        return self._sent.total()

    @property
    def lost(self) -> int:
        """Sent, and never received."""
        return (self._sent - self._received).total()

    @property
    def repeated(self) -> int:
        """Received more often than sent."""
        return (self._received - self._sent).total()
