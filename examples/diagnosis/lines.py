"""The simulated lines of customers who complain: what is wrong with them is hidden from the agents."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterable

import msgspec

from examples.broadband.plant import Change, Plant
from examples.broadband.staff import Place
from examples.diagnosis.causes import CAUSES, Action, likelihood, prior
from examples.diagnosis.classes import FAULTS, Kind, classify
from examples.diagnosis.readings import BEHIND_ROUTER, ONLINE, READINGS, Reading, Source, shown
from examples.diagnosis.words import Measured
from overlay.errors import NotFound

_REGION_KM = 25.0
_REPORTED, _SPARE, _WORKS, _RETURNS, _REALLY_A_FAULT = 0.8, 0.85, 0.8, 0.6, 0.6


class Line(msgspec.Struct):
    """One customer's. `cause`: what really is wrong; empty: nothing is."""

    kind: Kind
    cause: str
    cured: bool = False
    for_now: bool = False
    """It was cured, and may come back."""


class Lines:
    """All lines of a plant. Agents see what `measure`, `test` and `visit` show; `truth` is for the judge."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._draw = plant.draw

    def connect(self, ticket: str, complaint: str) -> None:
        """Make the line of a customer who complains."""
        kind, _ = classify(complaint)
        if kind is Kind.UNCLEAR and self._draw(ticket, "fault") < _REALLY_A_FAULT:
            kind = FAULTS[int(self._draw(ticket, "kind") * len(FAULTS))]
        with self._plant.change() as change:
            _put(change, ticket, Line(kind, self._cause(ticket, kind) if kind in FAULTS else ""))

    def truth(self, ticket: str) -> str:
        """What really is wrong."""
        return self._line(ticket).cause or "no fault"

    def works(self, ticket: str) -> bool:
        """Whether it really works now."""
        line = self._line(ticket)
        return line.cured or not line.cause

    def symptom(self, ticket: str) -> Kind:
        """What the customer says when asked what is wrong."""
        kind = self._line(ticket).kind
        return Kind.CARE if kind is Kind.UNCLEAR else kind

    def place(self, ticket: str) -> Place:
        """Where the customer lives."""
        east, north = (self._draw(ticket, axis) * 2 - 1 for axis in ("east", "north"))
        return round(east * _REGION_KM, 1), round(north * _REGION_KM, 1)

    def measure(self, ticket: str, names: Iterable[str], *, again: bool = False) -> Measured:
        """What can be had now. The equipment's last report lacks some values; asking it `again` gets them."""
        values: dict[str, float] = {}
        gaps: list[str] = []
        line = self._line(ticket)
        offline = self._shows_bad(ticket, line, ONLINE)
        for name in names:
            reading = READINGS[name]
            silent = name in BEHIND_ROUTER and offline
            unreported = reading.source is Source.NETWORK and not again
            if silent or (unreported and self._draw(ticket, "reported", name) >= _REPORTED):
                gaps.append(name)
            else:
                values[name] = self._value(ticket, line, reading)
        return Measured(values, gaps, shown(values, gaps))

    def spare(self, ticket: str, action: Action) -> bool:
        """Whether a resource for the action is free."""
        return self._draw(ticket, "spare", action) < _SPARE

    def act(self, key: str, ticket: str, action: Action) -> bool:
        """Do it, once under this key. Whether the equipment took it; if it cured anything, a test shows."""
        with self._plant.change() as change:
            if change.happened(key) is None:
                line = _get(change, ticket)
                right = line.cause and CAUSES[line.cause].action is action
                if right and self._draw(ticket, "works", action) < _WORKS:
                    line.cured, line.for_now = True, action is Action.RETRAIN
                    _put(change, ticket, line)
                change.note(key, "configured", ticket, action)
        return self._draw(ticket, "carried out", action) < 0.97

    def test(self, ticket: str) -> tuple[bool, float]:
        """Whether the line works, and its share of the speed that was sold."""
        works = self.works(ticket)
        return works, round((0.9 if works else 0.3) + 0.1 * self._draw(ticket, "speed"), 2)

    def visit(self, key: str, ticket: str, craft: str) -> tuple[str, bool, str]:
        """What an engineer finds, whether it is cured, and else which craft it needs; once under this key."""
        with self._plant.change() as change:
            line = _get(change, ticket)
            needed = CAUSES[line.cause].craft if line.cause else craft
            if change.happened(key) is None:
                if craft == needed:
                    line.cured, line.for_now = True, False
                    _put(change, ticket, line)
                change.note(key, "visited", ticket, craft)
        return line.cause or "no fault", craft == needed, "" if craft == needed else needed

    def came_back(self, key: str, ticket: str, days: int) -> int:
        """On which of the next days the fault is back; 0: not. Once under this key."""
        with self._plant.change() as change:
            known = change.happened(key)
            if known is not None:
                return int(known)
            line = _get(change, ticket)
            back = line.for_now and self._draw(ticket, "returns") < _RETURNS
            day = 1 + int(self._draw(ticket, "day") * days) if back else 0
            if back:
                line.cured = line.for_now = False
                _put(change, ticket, line)
            change.note(key, "watched", ticket, str(day))
        return day

    def _line(self, ticket: str) -> Line:
        with self._plant.change() as change:
            return _get(change, ticket)

    def _cause(self, ticket: str, kind: Kind) -> str:
        chances = prior(kind)
        bounds = list(itertools.accumulate(chances.values()))
        return list(chances)[bisect.bisect(bounds[:-1], self._draw(ticket, "cause"))]

    def _shows_bad(self, ticket: str, line: Line, name: str) -> bool:
        """Cruder than the experts' table on purpose: the world does not know what they believe."""
        if not line.cause or line.cured:
            return False
        believed = likelihood(line.cause, name)
        really = 0.92 if believed >= 0.5 else 0.3 if believed >= 0.1 else 0.03
        return self._draw(ticket, "shows", name) < really

    def _value(self, ticket: str, line: Line, reading: Reading) -> float:
        middle = reading.bad if self._shows_bad(ticket, line, reading.name) else reading.usual
        if {reading.usual, reading.bad} == {0, 1}:
            return middle
        return round(middle * (0.9 + 0.2 * self._draw(ticket, "value", reading.name)), 2)


def _get(change: Change, ticket: str) -> Line:
    known = change.get(f"line/{ticket}")
    if not known:
        raise NotFound(f"there is no line of ticket {ticket!r}")
    return msgspec.convert(known, Line)


def _put(change: Change, ticket: str, line: Line) -> None:
    change.put(f"line/{ticket}", msgspec.to_builtins(line))
