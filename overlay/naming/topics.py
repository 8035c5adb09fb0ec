"""Topics: what is published on, and what is subscribed to, alone or many at once (AG-7). Pure.

    network.incident     this topic
    network.*            any one word in its place: `network.incident`, and not `network.incident.north`
    network.>            all below: one word or more, at the end

One `*` at most, and `>` at the end: so the patterns that fit a topic can be counted, and looked up.
"""

from __future__ import annotations

from collections.abc import Container, Iterator

from overlay.errors import BadName
from overlay.naming.ids import MAX_SKILL, check_skill, is_skill, skill_covers
from overlay.naming.patterns import covers

ANY, BELOW = "*", ">"
_USUAL = f"use lower-case words joined by dots, such as 'network.incident', up to {MAX_SKILL} characters"


def check_topic(text: str) -> str:
    """`text`, if it is one topic, which is written as a skill is. Raises BadName."""
    if is_skill(text):
        return text
    if is_pattern(text):
        raise BadName(f"{text!r} means many topics: publish on one of them")
    raise BadName(f"{text!r} is not a topic: {_USUAL}")


def check_pattern(text: str) -> str:
    """`text`, if it can be subscribed to. Raises BadName."""
    if not is_pattern(text):
        raise BadName(
            f"{text!r} is not a topic: {_USUAL}; '*' once for any word, '>' at the end for all below"
        )
    return text


def check_about(text: str) -> str:
    """`text`, if it is a skill, a topic or a pattern of topics, which rules are about. Raises BadName."""
    return check_pattern(text) if is_wide(text) else check_skill(text)


def is_pattern(text: str) -> bool:
    """Whether it can be subscribed to."""
    words = text.split(".")
    if words[-1] == BELOW and len(words) > 1:
        words = words[:-1]
    stars = words.count(ANY)
    fixed = [word for word in words if word != ANY]
    return stars <= 1 and len(text) <= MAX_SKILL and (is_skill(".".join(fixed)) if fixed else stars == 1)


def is_wide(pattern: str) -> bool:
    """Whether it means many topics."""
    return pattern.endswith(BELOW) or ANY in pattern


def fixed_part(pattern: str) -> str:
    """The words before the first wildcard; empty: there are none."""
    words = pattern.split(".")
    at = next((at for at, word in enumerate(words) if word in (ANY, BELOW)), len(words))
    return ".".join(words[:at])


def patterns_over(topic: str) -> Iterator[str]:
    """Each pattern that fits this topic, itself first, the widest last."""
    words = topic.split(".")
    for kept in range(len(words), 0, -1):
        end = [] if kept == len(words) else [BELOW]
        yield ".".join((*words[:kept], *end))
        for at in range(kept - 1, -1, -1):
            yield ".".join((*words[:at], ANY, *words[at + 1 : kept], *end))


def most_specific(topic: str, patterns: Container[str]) -> str | None:
    """Which of these fits a topic best; None: none does."""
    return next((pattern for pattern in patterns_over(topic) if pattern in patterns), None)


def meet(pattern: str, below: str) -> bool:
    """Whether some topic fits the pattern that is `below`, or one of those below it."""
    if covers(pattern, below) or skill_covers(below, pattern):
        return True
    words, given = pattern.split("."), below.split(".")
    return all(want in (ANY, BELOW, has) for want, has in zip(words, given, strict=False)) and (
        len(words) >= len(given) or words[-1] == BELOW
    )
