"""Whole profiles of made-up agents: what they say, and all that a question may be about. Pure."""

from __future__ import annotations

from typing import Final

from overlay.bench.made_up.agents import PLACES, Dice
from overlay.discovery.contract import Said
from overlay.registry.record import Place, Profile, Skill

EVERYBODY: Final = "bench.everybody"
"""A skill that all of them have: the hardest question for an index."""
LANGUAGES: Final = ("en", "en-GB", "de", "fr", "es", "zh-Hans", "ja")
PROTOCOLS: Final = ("overlay", "http", "mqtt", "grpc", "a2a")
MODALITIES: Final = ("text", "image", "audio", "video")
ORGANISATIONS: Final = 500
LATENCIES: Final = (0, 5, 20, 50, 100, 250, 1000)


def profile_of(said: Said, dice: Dice) -> Profile:
    """With skills, languages, a place and so on."""
    skills = (Skill(EVERYBODY), *(Skill(skill.id, skill.name, skill.abstract) for skill in said.skills))
    return Profile(
        display_name=said.name,
        description=said.description,
        version=f"{int(dice.throw() * 4)}.{int(dice.throw() * 10)}",
        skills=skills,
        protocols=tuple(dice.some(PROTOCOLS, 2)),
        interaction=("request",),
        modalities=tuple(dice.some(MODALITIES, 2)),
        languages=tuple(dice.some(LANGUAGES, 2)),
        services=said.tags,
        organisation=f"Organisation {int(dice.throw() * ORGANISATIONS)}",
        location=dice.pick(PLACES),
        place=Place(dice.throw() * 120 - 60, dice.throw() * 360 - 180),
        latency_ms=dice.pick(LATENCIES),
    )
