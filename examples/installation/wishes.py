"""From a customer's words to a structured intent. Pure."""

from __future__ import annotations

import re

from examples.installation.words import Intent
from overlay.errors import BadInput

STREETS = {"oak": "olt-1", "elm": "olt-1", "mill": "olt-2", "lake": "olt-2", "hill": "olt-3"}
"""Streets that have fibre, and the access node of each."""
_PEOPLE = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6}
_MBPS_A_HEAD = 150
_USUAL_MBPS = 250


def intent_of(wish: str) -> Intent:
    """Speed, place and extras. Raises BadInput when it names no street that has fibre."""
    text = wish.lower()
    street = next((name for name in STREETS if re.search(rf"\b{name}\b", text)), None)
    if street is None:
        raise BadInput(f"no street that has fibre is named: {', '.join(STREETS)}")
    telephone, mbps = bool(re.search(r"\b(tele)?phone", text)), _mbps(text)
    told = f"wants {mbps} Mbit/s in {street.title()} Street{', telephone' if telephone else ''}"
    return Intent(street, mbps, telephone, told)


def _mbps(text: str) -> int:
    if said := re.search(r"(\d+) ?(mbit|mbps|gbit|gbps|gigabit)", text):
        return int(said[1]) * (1 if said[2].startswith("m") else 1000)
    if "gigabit" in text:
        return 1000
    people = next((count for word, count in _PEOPLE.items() if word in text), 0)
    return people * _MBPS_A_HEAD or _USUAL_MBPS
