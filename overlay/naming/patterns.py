"""Which subject a pattern covers; the same on every broker. Pure."""

from __future__ import annotations

from overlay.errors import BadName


def covers(pattern: str, subject: str) -> bool:
    """Whether `pattern` matches `subject`: `*` is one token, a last `>` one or more."""
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted = wanted[:-1]
        if len(given) <= len(wanted):
            return False
        given = given[: len(wanted)]
    if len(wanted) != len(given):
        return False
    return all(want in ("*", token) for want, token in zip(wanted, given, strict=True))


def rabbitmq_binding(pattern: str) -> str:
    """The pattern as a binding key of a topic exchange. Raises BadName if `>` is not last."""
    tokens = pattern.split(".")
    if ">" in tokens[:-1]:
        raise BadName(f"{pattern!r} is not a pattern: '>' stands only at the end")
    return pattern[:-1] + "*.#" if tokens[-1] == ">" else pattern
