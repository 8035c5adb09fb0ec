"""As many agents as wanted, each with a believable description; the same for the same seed. Pure."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple, TypeVar

import numpy as np

from overlay.discovery.contract import Said, SaidSkill

T = TypeVar("T")
_THROWS = 4096


class Dice:
    """The same throws for the same seed, drawn many at once."""

    def __init__(self, seed: int) -> None:
        self._source = np.random.default_rng(seed)
        self._throws: list[float] = []

    def throw(self) -> float:
        """From 0 up to, not including, 1."""
        if not self._throws:
            self._throws = self._source.random(_THROWS).tolist()
        return self._throws.pop()

    def pick(self, items: Sequence[T]) -> T:
        """One of them."""
        return items[int(self.throw() * len(items))]

    def some(self, items: Sequence[T], count: int) -> list[T]:
        """So many different ones."""
        left = list(items)
        return [left.pop(int(self.throw() * len(left))) for _ in range(count)]


class Topic(NamedTuple):
    """Something that agents are about."""

    name: str
    verbs: tuple[str, ...]
    things: tuple[str, ...]


_PLACES = """
Aachen Aberdeen Accra Amsterdam Athens Atlanta Auckland Austin Bangkok Barcelona Beijing Belgrade Bergen
Berlin Bilbao Bogota Bologna Boston Bremen Brisbane Bristol Brussels Budapest Cairo Calgary Cardiff Chicago
Cologne Copenhagen Dakar Dallas Delhi Denver Dresden Dubai Dublin Edinburgh Florence Frankfurt Geneva Genoa
Ghent Glasgow Gothenburg Granada Graz Hamburg Hanoi Helsinki Houston Istanbul Jakarta Kyoto Lagos Leeds
Leipzig Lille Lima Lisbon Liverpool London Lyon Madrid Malmo Manchester Marseille Melbourne Miami Milan
Montreal Moscow Mumbai Munich Nairobi Nantes Naples Nice Osaka Oslo Ottawa Oxford Palermo Paris Perth Porto
Prague Quito Reykjavik Riga Rome Rotterdam Salzburg Santiago Seattle Seoul Seville Shanghai Shenzhen
Singapore Sofia Stockholm Stuttgart Sydney Taipei Tallinn Tokyo Toronto Toulouse Turin Utrecht Valencia
Vancouver Vienna Vilnius Warsaw Zagreb Zurich
"""
_BRANDS = """
Able Arc Atlas Beacon Bright Clear Cobalt Delta Echo Ember Flux Harbor Helio Iris Juno Kite Lark Lumen Maple
Mint Nimbus Nova Oak Opal Orbit Pilot Prism Quill River Sage Scout Solar Spark Swift Tandem Terra Vela Vista
Willow Zen
"""
PLACES, _ALL_BRANDS = tuple(_PLACES.split()), tuple(_BRANDS.split())
_FOR = (
    "small companies",
    "families",
    "students",
    "professionals",
    "everybody",
    "field teams",
    "large organisations",
)
_DESCRIPTIONS = (
    "{v} {a}, {b} and {c}.",
    "Your assistant for {t}: {v} {a} and {b} in {p}.",
    "Helps {w} {v} {a}. Also knows about {b}, {c} and {d}.",
    "Ask about {a} in {p} and get {b} within seconds.",
    "Real-time information on {a} and {b} for {w} in {p} and {q}.",
    "An expert in {t}. Give it your {a}, and it will {v} {b}.",
    "{v} {a} with {b}. Works for {w}; covers {p}, {q} and the places around them.",
    "Search, compare and {v} {a}. Includes {b}, {c} and a history of {d}.",
    "Connects {a} with {b}, so that {w} can {v} {c} without a specialist.",
)
_INTENTS = (
    "{v} {a}",
    "I need help with {a} in {p}",
    "Can you {v} {a} and {b} for me, please?",
    "How do I {v} my {a}? It is about {b}.",
    "I am looking for {a} near {p}, preferably with {b} and {c}, and I do not know where to start.",
    "what is the best way to {v} {a}",
)


@cache
def topics() -> tuple[Topic, ...]:
    """What agents are about."""
    text = files("overlay.bench.made_up").joinpath("topics.csv").read_text(encoding="utf-8")
    return tuple(
        Topic(row["topic"], tuple(row["verbs"].split(";")), tuple(row["things"].split(";")))
        for row in csv.DictReader(text.splitlines())
    )


def agents(count: int, seed: int = 1) -> Iterator[tuple[str, Said]]:
    """Local names (fit for an agent ID) and what they say of themselves."""
    dice = Dice(seed)
    for number in range(count):
        topic = dice.pick(topics())
        thing = dice.pick(topic.things)
        brand = dice.pick(_ALL_BRANDS)
        skills = tuple(
            _skill(dice, topic, one) for one in dice.some(topic.things, dice.pick((0, 1, 1, 2, 3)))
        )
        yield (
            f"{slug(brand)}-{number}",
            Said(
                name=brand + "".join(word.capitalize() for word in thing.split()),
                description=_filled(dice, dice.pick(_DESCRIPTIONS), topic),
                skills=skills,
                tags=(topic.name,) if dice.throw() < 0.3 else (),
            ),
        )


def intents(count: int, seed: int = 2) -> Iterator[str]:
    """What people ask for."""
    dice = Dice(seed)
    for _ in range(count):
        yield _filled(dice, dice.pick(_INTENTS), dice.pick(topics()))


def slug(text: str) -> str:
    """Fit for a skill's or an agent's name: `used cars` is `used-cars`."""
    return "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in text.lower()).split())


def _skill(dice: Dice, topic: Topic, thing: str) -> SaidSkill:
    verb = dice.pick(topic.verbs)
    abstract = _filled(dice, "{v} {a} and {b}", topic) if dice.throw() < 0.5 else ""
    return SaidSkill(f"{slug(topic.name)}.{slug(thing)}", f"{verb} {thing}", abstract)


def _filled(dice: Dice, form: str, topic: Topic) -> str:
    a, b, c, d = dice.some(topic.things, 4)
    text = form.format(
        a=a,
        b=b,
        c=c,
        d=d,
        t=topic.name,
        v=dice.pick(topic.verbs),
        p=dice.pick(PLACES),
        q=dice.pick(PLACES),
        w=dice.pick(_FOR),
    )
    return text[0].upper() + text[1:]
