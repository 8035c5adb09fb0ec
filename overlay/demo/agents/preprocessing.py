"""Preprocessing: collects device, alarm and network data by the class of a fault, all at once."""

from __future__ import annotations

from overlay.demo import skills
from overlay.demo.desk import Desk, at_once
from overlay.demo.diagnosis import FIRST
from overlay.demo.letters import Collect, Fault, Values
from overlay.demo.readings import by_source


class Preprocessing:
    """Asks for each kind of data, and puts the answers together."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        desk.serves(skills.PREPROCESS, Fault, self.preprocess)

    async def preprocess(self, ticket: str, fault: Fault) -> Values:
        """What the last reports say."""
        wanted = by_source(FIRST[fault.kind])
        self._desk.says(ticket, f"asks at once for {', '.join(wanted)} data")
        answers = await at_once(
            [
                self._desk.ask(skills.COLLECT[source], ticket, Collect(names), Values)
                for source, names in wanted.items()
            ]
        )
        values = {name: value for answer in answers for name, value in answer.values.items()}
        return Values(values, [name for answer in answers for name in answer.gaps])
