"""How many messages were sent, and how many came; counted at both ends. Pure."""

from __future__ import annotations

from collections import Counter


class Tally:
    """Each letter has a number of its own; what was published has one for all its receivers."""

    def __init__(self) -> None:
        self._sent: Counter[str] = Counter()
        self._received: dict[str, Counter[str]] = {}
        self.by_sender: Counter[str] = Counter()
        self.by_receiver: Counter[str] = Counter()

    def sent(self, number: str, sender: str, copies: int = 1) -> None:
        """The sender handed it over, to so many."""
        self._sent[number] += copies
        self.by_sender[sender] += copies

    def received(self, number: str, receiver: str) -> None:
        """The receiver has it."""
        self._received.setdefault(number, Counter())[receiver] += 1
        self.by_receiver[receiver] += 1

    @property
    def messages(self) -> int:
        """Sent."""
        return self._sent.total()

    @property
    def lost(self) -> int:
        """Sent, and never received."""
        return sum(
            max(0, copies - len(self._received.get(number, ()))) for number, copies in self._sent.items()
        )

    @property
    def repeated(self) -> int:
        """Received again by the same receiver."""
        return sum(who.total() - len(who) for who in self._received.values())
