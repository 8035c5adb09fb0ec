"""Preprocessing, data collection, and root-cause analysis."""

from __future__ import annotations

import msgspec

from examples.broadband.plant import Plant
from examples.diagnosis.judging import FIRST, judge
from examples.diagnosis.lines import Lines
from examples.diagnosis.words import Classed, Evidence, Wanted
from overlay import Agent, Message
from overlay.tasks.run import TaskRun


def preprocessing(agent: Agent, _: Plant) -> None:
    """Knows what tells of each class of faults."""

    @agent.executes("diagnosis.preprocessing.collect")
    async def preprocess(run: TaskRun) -> bytes:
        """Device, alarm and network data by the class of the fault, as last reported."""
        case = msgspec.json.decode(run.body, type=Classed)
        wanted = Wanted(case.ticket, list(FIRST[case.kind]))
        reports = await agent.ask("diagnosis.collection.reports", msgspec.json.encode(wanted))
        return reports.body


def data_collection(agent: Agent, plant: Plant) -> None:
    """Device, alarm and network data of a line."""
    lines = Lines(plant)

    @agent.serves("diagnosis.collection.reports")
    async def reports(message: Message) -> bytes:
        """What the equipment reported last; some of it is missing."""
        wanted = msgspec.json.decode(message.body, type=Wanted)
        return msgspec.json.encode(lines.measure(wanted.ticket, wanted.names))

    @agent.executes("diagnosis.collection.collect")
    async def collect(run: TaskRun) -> bytes:
        """Asks the equipment itself, to fill gaps."""
        wanted = msgspec.json.decode(run.body, type=Wanted)
        await plant.work()
        return msgspec.json.encode(lines.measure(wanted.ticket, wanted.names, again=True))


def root_cause_analysis(agent: Agent, _: Plant) -> None:
    """Bayes over what experts say of each cause, within one domain."""

    @agent.executes("diagnosis.analysis.root-cause")
    async def analyse(run: TaskRun) -> bytes:
        """The most likely cause so far, and what is missing to be sure."""
        evidence = msgspec.json.decode(run.body, type=Evidence)
        known = [evidence.first, *(one for each in evidence.rounds for one in each if one is not None)]
        values = {name: value for one in known for name, value in one.values.items()}
        asked = {name for one in known[1:] for name in (*one.values, *one.gaps)}
        return msgspec.json.encode(judge(evidence.kind, values, asked))
