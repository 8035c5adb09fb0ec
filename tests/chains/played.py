"""A chain worked through in memory, in an order by chance."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from overlay.chains.chain import Chain
from overlay.chains.checking import faults
from overlay.chains.facts import Facts, Unit
from overlay.chains.layout import Layout
from overlay.chains.plan import Plan, Ready, plan
from overlay.settings import Settings

Answers = Mapping[str, Sequence[str | None]]
LIMIT = 5000
SETTINGS = Settings()


class Played:
    """A chain worked through with made-up answers, in an order by chance."""

    def __init__(
        self, chain: Chain, answers: Mapping[str, Sequence[str | None]] | None = None, seed: int = 0
    ) -> None:
        assert faults(chain, SETTINGS) == []
        self.layout = Layout.of(chain)
        self.facts = Facts(b'{"line": 7}')
        self.started: list[str] = []
        self.ended: list[str] = []
        self.bodies: dict[str, bytes] = {}
        self.most = 0
        self._answers = answers or {}
        self._chance = random.Random(seed)

    @property
    def plan(self) -> Plan:
        return plan(self.layout, self.facts)

    def start(self, ready: Ready) -> None:
        unit = ready.unit
        undo = ready.step.compensate if unit.undo else None
        template = undo.input if undo else ready.step.input
        own = Unit(unit.step, unit.rounds) if unit.undo else None
        self.bodies[self.name(unit)] = self.plan.gathered.body(
            template, ready.step, unit.rounds, own, most_bytes=10_000
        )
        assert self.facts.began(unit, 0.0) == ready.attempt
        self.started.append(self.name(unit))

    def end(self, unit: Unit) -> None:
        every_round = unit.step + "*" * unit.undo
        said = self._answers.get(self.name(unit)) or self._answers.get(every_round, ["{}"])
        course = self.facts.courses[unit]
        answer = said[min(len(course.attempts), len(said)) - 1]
        if isinstance(answer, str):
            self.facts.ended(unit, "done", 0.0, answer.encode())
        else:
            self.facts.ended(unit, "failed", 0.0, error="it said no")
        self.ended.append(self.name(unit))

    @staticmethod
    def name(unit: Unit) -> str:
        return unit.key + ("*" if unit.undo else "")

    def play(self, stop_after: int = -1) -> str:
        for turn in range(LIMIT):
            if turn == stop_after:
                self.facts.stopped("cancelled")
            found = self.plan
            running = [unit for unit, course in self.facts.courses.items() if course.running]
            self.most = max(self.most, len(running))
            if found.state != "running":
                assert not running
                return found.state
            moves: list[Ready | Unit] = [*found.ready, *running]
            assert moves, f"nothing comes next: {found.standing}"
            move: Ready | Unit = self._chance.choice(moves)
            if isinstance(move, Ready):
                self.start(move)
            elif move in found.cancel and self._chance.random() < 0.5:
                self.facts.ended(move, "cancelled", 0.0)
                self.ended.append(self.name(move))
            else:
                self.end(move)
        raise AssertionError("it does not end")
