"""The simulated lines, homes and visits. The same seed and ticket make the same world. Pure."""

from __future__ import annotations

import bisect
import hashlib
import itertools
from collections.abc import Iterable
from dataclasses import dataclass

from overlay.demo.causes import CAUSES, Action, Craft, likelihood, prior
from overlay.demo.dispatch import Place
from overlay.demo.intent import FAULTS, Kind, classify
from overlay.demo.letters import Values
from overlay.demo.readings import BEHIND_ROUTER, NETWORK_SIDE, ONLINE, READINGS, Reading
from overlay.errors import NotFound

_REGION_KM = 25.0
_REPORTED, _SPARE, _WORKS, _RETURNS, _REALLY_A_FAULT = 0.8, 0.85, 0.8, 0.6, 0.6


@dataclass(slots=True)
class Line:
    """One customer's. `cause`: what really is wrong; empty: nothing is."""

    kind: Kind
    cause: str
    cured: bool = False
    for_now: bool = False
    """It was cured, and may come back."""


class Network:
    """All lines. Agents see only what `measure`, `test` and `visit` show; `truth` is for the judge."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._lines: dict[str, Line] = {}

    def connect(self, ticket: str, complaint: str) -> None:
        """Make the line of a customer who complains."""
        kind, _ = classify(complaint)
        if kind is Kind.UNCLEAR and self._draw(ticket, "fault") < _REALLY_A_FAULT:
            kind = FAULTS[int(self._draw(ticket, "kind") * len(FAULTS))]
        self._lines[ticket] = Line(kind, self._cause(ticket, kind) if kind in FAULTS else "")

    def truth(self, ticket: str) -> str:
        """What really is wrong."""
        return self._line(ticket).cause or "no fault"

    def symptom(self, ticket: str) -> Kind:
        """What the customer says when asked what is wrong."""
        kind = self._line(ticket).kind
        return Kind.CARE if kind is Kind.UNCLEAR else kind

    def place(self, ticket: str) -> Place:
        """Where the customer lives."""
        east, north = (self._draw(ticket, axis) * 2 - 1 for axis in ("east", "north"))
        return round(east * _REGION_KM, 1), round(north * _REGION_KM, 1)

    def measure(self, ticket: str, names: Iterable[str], *, again: bool = False) -> Values:
        """What can be had now. The equipment's last report lacks some values; asking it `again` gets them."""
        values: dict[str, float] = {}
        gaps: list[str] = []
        offline = self._shows_bad(ticket, ONLINE)
        for name in names:
            reading = READINGS[name]
            silent = name in BEHIND_ROUTER and offline
            unreported = reading.source in NETWORK_SIDE and not again
            if silent or (unreported and self._draw(ticket, "reported", name) >= _REPORTED):
                gaps.append(name)
            else:
                values[name] = self._value(ticket, reading)
        return Values(values, gaps)

    def spare(self, ticket: str, action: Action) -> bool:
        """Whether a resource for the action is free."""
        return self._draw(ticket, "spare", action) < _SPARE

    def act(self, ticket: str, action: Action) -> bool:
        """Do it. Whether it was carried out: only a test shows whether it cured anything."""
        line = self._line(ticket)
        if (
            line.cause
            and CAUSES[line.cause].action is action
            and self._draw(ticket, "works", action) < _WORKS
        ):
            line.cured, line.for_now = True, action is Action.RETRAIN
        return self._draw(ticket, "carried out", action) < 0.97

    def test(self, ticket: str) -> tuple[bool, float]:
        """Whether the line works, and its share of the speed that was sold."""
        line = self._line(ticket)
        works = line.cured or not line.cause
        return works, round((0.9 if works else 0.3) + 0.1 * self._draw(ticket, "speed"), 2)

    def visit(self, ticket: str, craft: Craft) -> tuple[str, bool, str]:
        """What an engineer finds, whether it is cured, and else which craft it needs."""
        line = self._line(ticket)
        if not line.cause:
            return "no fault", True, ""
        needed = CAUSES[line.cause].craft
        if craft is needed:
            line.cured, line.for_now = True, False
            return line.cause, True, ""
        return line.cause, False, needed.value

    def came_back(self, ticket: str, days: int) -> int:
        """On which of the next days the fault is back; 0: not."""
        line = self._line(ticket)
        if not line.for_now or self._draw(ticket, "returns") >= _RETURNS:
            return 0
        line.cured = line.for_now = False
        return 1 + int(self._draw(ticket, "day") * days)

    def _line(self, ticket: str) -> Line:
        try:
            return self._lines[ticket]
        except KeyError:
            raise NotFound(f"there is no line of ticket {ticket!r}") from None

    def _cause(self, ticket: str, kind: Kind) -> str:
        chances = prior(kind)
        bounds = list(itertools.accumulate(chances.values()))
        return list(chances)[bisect.bisect(bounds[:-1], self._draw(ticket, "cause"))]

    def _shows_bad(self, ticket: str, name: str) -> bool:
        """Cruder than the experts' table on purpose: the world does not know what they believe."""
        line = self._line(ticket)
        if not line.cause or line.cured:
            return False
        believed = likelihood(line.cause, name)
        really = 0.92 if believed >= 0.5 else 0.3 if believed >= 0.1 else 0.03
        return self._draw(ticket, "shows", name) < really

    def _value(self, ticket: str, reading: Reading) -> float:
        middle = reading.bad if self._shows_bad(ticket, reading.name) else reading.usual
        if {reading.usual, reading.bad} == {0, 1}:
            return middle
        return round(middle * (0.9 + 0.2 * self._draw(ticket, "value", reading.name)), 2)

    def _draw(self, *words: str) -> float:
        """From 0 to below 1, the same for the same words, whatever was drawn before."""
        digest = hashlib.sha256("\0".join((str(self._seed), *words)).encode()).digest()
        return int.from_bytes(digest[:6]) / 2**48
