"""What a chaos run says (design §7: scripts rely on these names). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from overlay.chaos.judge import Verdict

_NOT_YET = "not within the run"


@dataclass(frozen=True, slots=True)
class Told:
    """One fault, for people and scripts. Seconds after the load began."""

    at_s: float
    act: str
    target: str
    domain: str
    for_s: float
    recovery_s: float | None
    """From its end until a fresh message had passed on every path; None: on one, none did."""
    asking_recovery_s: float | None
    """The same for questions."""
    done: bool


@dataclass(frozen=True, slots=True)
class Report:
    """One run."""

    scenario: str
    parameters: dict[str, object]
    verdict: Verdict
    recovery_s: float | None
    """Of the fault that took longest; None: one was never recovered from, or none was done."""
    longest_pause_s: float
    """Between two deliveries from one sender to one receiver."""
    drained_s: float
    """From the end of the load until every message was delivered or told."""
    faults: Sequence[Told]
    failed: Sequence[str]
    """Processes of agents that ended without being killed."""

    @property
    def good(self) -> bool:
        """Nothing happened that must not."""
        return self.verdict.good and not self.failed

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        return {
            "scenario": self.scenario,
            "parameters": self.parameters,
            **self.verdict.as_dict(),
            "good": self.good,
            "recovery_s": _rounded(self.recovery_s),
            "longest_pause_s": _rounded(self.longest_pause_s),
            "drained_s": _rounded(self.drained_s),
            "faults": [asdict(fault) for fault in self.faults],
            "failed": list(self.failed),
        }

    def rows(self) -> list[tuple[str, object]]:
        """For people."""
        verdict = self.verdict
        return [
            ("accepted", verdict.accepted),
            ("delivered", verdict.delivered),
            ("lost", verdict.lost),
            ("duplicates", verdict.duplicates),
            ("misordered", verdict.misordered),
            ("leaked", verdict.leaked),
            ("read late by who was put out", verdict.late_reads),
            ("interrupted effects", verdict.interrupted),
            (
                "told as undelivered",
                f"{verdict.errors_told} ({verdict.told_wrongly} more had been delivered)",
            ),
            ("not accepted", f"{_reasons(verdict.refused)} ({verdict.refused_delivered} arrived)"),
            ("questions", f"{verdict.answered} of {verdict.asked} answered; {_reasons(verdict.unanswered)}"),
            ("recovery", _NOT_YET if self.recovery_s is None else f"{self.recovery_s:.2f} s"),
            ("longest pause", f"{self.longest_pause_s:.2f} s"),
            ("all settled after", f"{self.drained_s:.1f} s"),
        ]

    def fault_rows(self) -> list[tuple[object, ...]]:
        """A line for each fault."""
        return [
            (
                f"{fault.at_s:.1f}",
                f"{fault.act} {fault.target}",
                fault.domain,
                f"{fault.for_s:.1f}" if fault.for_s else "",
                _NOT_YET if fault.recovery_s is None else f"{fault.recovery_s:.2f}",
                _NOT_YET if fault.asking_recovery_s is None else f"{fault.asking_recovery_s:.2f}",
            )
            for fault in self.faults
        ]

    def notes(self) -> list[str]:
        """What people may take wrongly."""
        if all(None not in (fault.recovery_s, fault.asking_recovery_s) for fault in self.faults):
            return []
        return [
            f"{_NOT_YET}: on at least one path from a sender to a receiver, nothing that was sent (or asked) "
            "after the fault passed before the end; others may be well. More --seconds tell more."
        ]


def _reasons(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {reason}" for reason, number in sorted(counts.items())) or "none"


def _rounded(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 3)
