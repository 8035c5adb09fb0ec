"""Complaints, and whether what was made of them is right."""

from __future__ import annotations

import msgspec

from examples.broadband.example import Case, Ended, Example
from examples.broadband.plant import Plant
from examples.diagnosis.cast import CAST, LEAD
from examples.diagnosis.chain import CHAIN
from examples.diagnosis.lines import Lines
from examples.diagnosis.words import Complaint, Report

_COMPLAINTS = (
    Case("1001", "No internet since this morning"),
    Case("1002", "Bill went up by forty dollars without notice"),
    Case("1003", "Internet crawls every evening although we pay for high speed"),
    Case("1004", "Connection keeps dropping many times a day"),
    Case("1005", "Wifi unusable upstairs"),
    Case("1006", "Still not working two weeks after installation"),
    Case("1007", "Complaint about the service"),
    Case("1008", "Download speeds far below what was sold to me"),
)


def _begin(plant: Plant, case: Case) -> bytes:
    Lines(plant).connect(case.id, case.text)
    return msgspec.json.encode(Complaint(case.id, case.text))


def _judge(plant: Plant, case: Case, result: bytes | None, why: str) -> Ended:
    lines = Lines(plant)
    truth = lines.truth(case.id)
    if result is None:
        return Ended(case, "-", truth, f"stopped: {why}", "-", right=False, works=False, stopped=True)
    report = msgspec.json.decode(result, type=Report)
    found = f"{report.cause} ({report.probability:.0%})" if report.cause else report.kind
    right = report.cause in ("", truth)
    return Ended(case, found, truth, report.outcome, report.follow_up, right, lines.works(case.id))


DIAGNOSIS = Example("diagnosis", CAST, CHAIN, LEAD, _COMPLAINTS, _begin, _judge)
