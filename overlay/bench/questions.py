"""What askers of a registry ask: structured questions of all kinds, and intents. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, cycle

from overlay.bench.made_up.agents import Dice, intents, slug, topics
from overlay.bench.profiles import EVERYBODY, LANGUAGES, LATENCIES, ORGANISATIONS, PROTOCOLS
from overlay.registry.search.protocol import ANY_PRESENCE, Find, Near

_KINDS: dict[str, Callable[[Dice], Find]] = {
    "skill": lambda dice: Find((_skill(dice),), presence=ANY_PRESENCE),
    "area": lambda dice: Find((slug(dice.pick(topics()).name),), presence=ANY_PRESENCE),
    "skill, language": lambda dice: Find(
        (_skill(dice),), languages=(dice.pick(LANGUAGES),), presence=ANY_PRESENCE
    ),
    "everybody": lambda _: Find((EVERYBODY,), presence=ANY_PRESENCE),
    "everybody, near": lambda dice: Find((EVERYBODY,), near=_near(dice, 20_000), presence=ANY_PRESENCE),
    "near": lambda dice: Find(near=_near(dice, 200), presence=ANY_PRESENCE),
    "organisation": lambda dice: Find(
        organisation=f"Organisation {int(dice.throw() * ORGANISATIONS)}", presence=ANY_PRESENCE
    ),
    "six conditions": lambda dice: Find(
        (EVERYBODY,),
        protocols=(dice.pick(PROTOCOLS),),
        languages=(dice.pick(LANGUAGES),),
        version=">=1,<3",
        latency_ms=max(5, dice.pick(LATENCIES)),
        near=_near(dice, 3000),
        presence=ANY_PRESENCE,
    ),
}


def structured(seed: int = 3) -> Iterator[tuple[str, Find]]:
    """Kinds in turn, without end: what kind, and the question."""
    dice = Dice(seed)
    for kind in cycle(_KINDS):
        yield kind, _KINDS[kind](dice)


def semantic(seed: int = 4) -> Iterator[tuple[str, Find]]:
    """Intents, alone and with a condition, without end."""
    dice = Dice(seed)
    texts = cycle(list(intents(2000, seed)))
    for number, text in zip(count(), texts, strict=False):
        if number % 3:
            yield "intent", Find(intent=text, presence=ANY_PRESENCE)
        else:
            language = dice.pick(LANGUAGES)
            yield "intent, language", Find(intent=text, languages=(language,), presence=ANY_PRESENCE)


def _skill(dice: Dice) -> str:
    topic = dice.pick(topics())
    return f"{slug(topic.name)}.{slug(dice.pick(topic.things))}"


def _near(dice: Dice, within_km: float) -> Near:
    return Near(dice.throw() * 120 - 60, dice.throw() * 360 - 180, within_km)
