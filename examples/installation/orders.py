"""Orders, and whether what was made of them is right."""

from __future__ import annotations

import msgspec

from examples.broadband.example import Case, Ended, Example
from examples.broadband.plant import Plant
from examples.installation.cast import CAST, LEAD
from examples.installation.chain import CHAIN
from examples.installation.inventory import Inventory
from examples.installation.words import Order, Report

_ORDERS = (
    Case("2001", "We move to Oak Street and want 1 gigabit, and a telephone please"),
    Case("2002", "Fast internet for four people in Mill Street"),
    Case("2003", "Hill Street 7, 250 Mbit/s for working at home"),
    Case("2004", "Internet in Lake Street, 500 Mbit/s"),
    Case("2007", "Elm Street, 300 Mbit/s, and a phone"),
)


def _begin(_: Plant, case: Case) -> bytes:
    return msgspec.json.encode(Order(case.id, case.text))


def _judge(plant: Plant, case: Case, result: bytes | None, why: str) -> Ended:
    works = Inventory(plant).works(case.id)
    truth = "works" if works else "does not work"
    if result is None:
        left = _left_behind(plant, case.id)
        truth = f"left behind: {left}" if left else "nothing left behind"
        return Ended(case, "-", truth, f"not possible: {why}", "-", right=not left, works=works)
    report = msgspec.json.decode(result, type=Report)
    found = f"{report.share:.0%} of the speed"
    return Ended(case, found, truth, report.outcome, report.follow_up, right=works, works=works)


def _left_behind(plant: Plant, order: str) -> str:
    """What an order that came to nothing still holds in the world."""
    taken = len(plant.effects("allocated", order)) - len(plant.effects("released", order))
    visits = len(plant.effects("booked", order)) - len(plant.effects("cancelled", order))
    elements = {effect.detail for effect in plant.effects("configured", order)}
    cleared = {effect.detail for effect in plant.effects("cleared", order)}
    left = [f"{taken} allocations"] if taken else []
    left += [f"{visits} visits"] if visits else []
    return ", ".join(left + sorted(elements - cleared))


INSTALLATION = Example("installation", CAST, CHAIN, LEAD, _ORDERS, _begin, _judge)
