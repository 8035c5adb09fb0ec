"""A chain in the terminal: its steps with who does them, how far they are, and how long it took."""

from __future__ import annotations

import time

import msgspec

from overlay.chains.showing import ChainShown, StepShown
from overlay.cli.printing import line, table
from overlay.cli.watching import View

_MARKS = {
    "done": "✓",
    "running": "▶",
    "failed": "✗",
    "skipped": "–",
    "cancelled": "■",
    "taken back": "↶",
    "taking back": "↶",
    "not taken back": "✗",
    "ready": "○",
}
_COLUMNS = ("step", "skill", "after", "state", "by", "tries", "time", "")


def chain_view(shown: ChainShown) -> View:
    """One chain, now."""
    took = _seconds(shown.began, shown.ended)
    head = f"{shown.name} ({shown.id}): {shown.state}, {took}"
    return [
        line(f"{head}; {shown.error}" if shown.error else head),
        table(_COLUMNS, [_row(step) for step in shown.steps]),
    ]


def chain_json(shown: ChainShown) -> object:
    """The same for scripts."""
    return msgspec.to_builtins(shown)


def has_ended(shown: ChainShown) -> bool:
    """Nothing follows."""
    return bool(shown.ended)


def _row(step: StepShown) -> tuple[str, ...]:
    mark = _MARKS.get(step.state, "·")
    name = f"{'  ' * step.depth}{mark} {step.key}"
    kind = {"rounds": "(rounds)", "either": "(either)", "group": "(group)"}.get(step.kind, step.skill)
    tries = str(step.attempts) if step.attempts > 1 else ""
    took = _seconds(step.began, step.ended) if step.began else ""
    return name, kind, ", ".join(step.after), step.state, step.agent, tries, took, step.error


def _seconds(began: float, ended: float) -> str:
    return f"{max(0.0, (ended or time.time()) - began):.1f} s"
