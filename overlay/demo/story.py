"""What is told while it happens, and the account at the end. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from overlay.demo.letters import CaseReport, Complaint
from overlay.demo.tally import Tally

Tell = Callable[[str], None]
COLUMNS = ("ticket", "class", "cause found", "what really was wrong", "outcome", "follow-up")


class Story:
    """One line a step."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._ended = False

    def step(self, ticket: str, who: str, text: str) -> None:
        """An agent did something for a ticket."""
        if not self._ended:
            self._tell(f"{ticket:<8} {who:<14} {text}")

    def end(self) -> None:
        """What agents that are leaving say of unfinished work is no part of it."""
        self._ended = True


@dataclass(frozen=True, slots=True)
class Case:
    """One complaint and how it ended; `truth` is the simulation's."""

    complaint: Complaint
    report: CaseReport
    truth: str

    @property
    def right(self) -> bool:
        """Whether the diagnosis from afar was right."""
        return self.report.cause == self.truth

    def row(self) -> tuple[str, ...]:
        """For the table."""
        report = self.report
        found = f"{report.cause} ({report.probability:.0%})" if report.cause else "-"
        mark = "" if self.right or not report.cause else "  <- not found"
        return (
            self.complaint.ticket,
            report.kind,
            found,
            self.truth + mark,
            report.outcome,
            report.follow_up or "-",
        )

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        report = self.report
        return {
            "ticket": self.complaint.ticket,
            "complaint": self.complaint.text,
            "class": report.kind,
            "cause": report.cause,
            "probability": round(report.probability, 3),
            "truth": self.truth,
            "rounds": report.rounds,
            "visits": report.visits,
            "outcome": report.outcome,
            "follow_up": report.follow_up,
            "stopped": report.stopped,
        }


@dataclass(frozen=True, slots=True)
class Account:
    """What the demo ends with."""

    cases: Sequence[Case]
    agents: int
    domains: int
    messages: int
    lost: int
    repeated: int
    seconds: float
    sent_by: dict[str, int]
    received_by: dict[str, int]

    @classmethod
    def of(cls, cases: Sequence[Case], tally: Tally, agents: int, domains: int, seconds: float) -> Account:
        """From the tally of both ends."""
        sent, received = dict(tally.by_sender), dict(tally.by_receiver)
        return cls(
            cases, agents, domains, tally.messages, tally.lost, tally.repeated, seconds, sent, received
        )

    @property
    def failed(self) -> bool:
        """A message was lost, or a case was not worked through."""
        return self.lost > 0 or any(case.report.stopped for case in self.cases)

    def last_line(self) -> str:
        """The same form always: others read it."""
        return (
            f"demo: {self.agents} agents, {self.domains} domains, {self.messages} messages, {self.lost} lost"
        )

    def summary(self) -> str:
        """How good the diagnosis was."""
        diagnosed = [case for case in self.cases if case.report.cause]
        right = sum(case.right for case in diagnosed)
        return (
            f"{len(self.cases)} complaints in {self.seconds:.1f} s; {len(diagnosed)} diagnosed from afar, "
            f"{right} of them right; {self.repeated} messages came twice"
        )

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        told = asdict(self)
        told["cases"] = [case.as_dict() for case in self.cases]
        told["seconds"] = round(self.seconds, 3)
        return told
