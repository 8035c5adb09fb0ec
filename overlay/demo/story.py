"""What is told while it happens, and the account at the end. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

from examples.broadband.example import Case, Ended
from examples.broadband.master import Line
from overlay.chains.chain import Chain, Step

Tell = Callable[[str], None]
COLUMNS = ("case", "found", "really", "works", "outcome", "follow-up")


def told(case: Case, line: Line) -> str:
    """One step, for whoever watches: case, step, agent and its domain, what came of it."""
    name, _, domain = line.agent.partition("@")
    who = f"{name.partition('-')[2]}@{domain.partition('.')[0]}"
    return f"{case.id:<6} {line.step:<20} {who:<33} {line.told}"


def drawn(chain: Chain) -> str:
    """A chain in one line: `>` after, `|` beside, `/` else, `[ ]` again until it is enough."""
    return f"{chain.name}: {_row(chain.steps)}"


def _row(steps: Sequence[Step]) -> str:
    """Steps that wait for the same stand beside each other."""
    beside: dict[tuple[str, ...], list[str]] = {}
    for step in steps:
        beside.setdefault(step.after, []).append(_one(step))
    return " > ".join(names[0] if len(names) == 1 else f"({' | '.join(names)})" for names in beside.values())


def _one(step: Step) -> str:
    if step.either:
        return f"({' / '.join(_one(one) for one in step.either)})"
    if step.steps:
        row = _row(step.steps)
        return f"[{row}]" if step.repeat else row if row.startswith("(") else f"({row})"
    return step.id


@dataclass(frozen=True, slots=True)
class Account:
    """What the demo ends with."""

    cases: Sequence[Ended]
    agents: int
    domains: int
    messages: int
    lost: int
    repeated: int
    seconds: float

    @property
    def failed(self) -> bool:
        """A message was lost, or a case did not come to its end."""
        return self.lost > 0 or bool(self.stopped)

    @property
    def stopped(self) -> list[str]:
        """The cases that did not come to their end, and why, in words."""
        return [
            f"case {one.case.id} did not come to its end: {one.outcome.removeprefix('stopped: ')}"
            for one in self.cases
            if one.stopped
        ]

    def last_line(self) -> str:
        """The same form always: others read it."""
        return (
            f"demo: {self.agents} agents, {self.domains} domains, {self.messages} messages, {self.lost} lost"
        )

    def summary(self) -> str:
        """How good the agents were."""
        right = sum(case.right for case in self.cases)
        return (
            f"{len(self.cases)} cases in {self.seconds:.1f} s, {right} of them judged right from afar; "
            f"{self.repeated} messages came twice"
        )

    def rows(self) -> list[tuple[str, ...]]:
        """For the table."""
        return [
            (
                case.case.id,
                case.found,
                case.truth + ("" if case.right else "  <- not found"),
                "yes" if case.works else "no",
                case.outcome,
                case.follow_up,
            )
            for case in self.cases
        ]

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        said = asdict(self)
        said["cases"] = [
            {**asdict(each), "case": each.case.id, "text": each.case.text} for each in self.cases
        ]
        said["seconds"] = round(self.seconds, 3)
        return said
