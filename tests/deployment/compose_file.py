"""compose.yaml, read as an engine would read it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
import yaml

from overlay.cli.index import COMMANDS

ROOT = Path(__file__).parents[2]
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def compose(environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The file, with its variables filled in."""
    given = environment or {}
    text = (ROOT / "compose.yaml").read_text()
    found: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(lambda one: given.get(one[1], one[2]), text))
    return found


def command_lines(service: Mapping[str, Any]) -> Iterator[list[str]]:
    """Every `overlay` command line of a service: of its command, its script, its health check."""
    command = service["command"]
    if command[0] == "sh":
        for line in command[-1].splitlines():
            _, found, rest = line.partition("overlay ")
            if found:
                yield shlex.split(rest)
    else:
        yield from _one(command)
    yield from _one(service.get("healthcheck", {}).get("test", [""])[1:])


def _one(command: list[str]) -> Iterator[list[str]]:
    if command and command[0] == "overlay":
        yield command[1:]


def parse(arguments: list[str]) -> str:
    """The full name of the command that the program would run. Raises what typer raises for wrong usage."""
    first, *rest = arguments
    entry = COMMANDS[first]
    command = typer.main.get_command(
        _app(first, getattr(import_module(f"overlay.cli.{entry.module}"), entry.name))
    )
    context = command.make_context(first, rest)
    names = [first]
    while isinstance(command, typer.core.TyperGroup) and not (
        command.invoke_without_command and rest[0].startswith("-")
    ):
        name, inner, rest = command.resolve_command(context, rest)
        assert inner is not None
        command, context = inner, inner.make_context(name, list(rest), parent=context)
        names.append(str(name))
    return " ".join(("overlay", *names))


def _app(name: str, found: object) -> typer.Typer:
    if isinstance(found, typer.Typer):
        return found
    app = typer.Typer(add_completion=False)
    assert callable(found)
    app.command(name)(found)
    return app


def mounts(service: Mapping[str, Any]) -> dict[str, tuple[str, bool]]:
    """Where it sees which volume, and whether it may write there."""
    found = {}
    for text in service.get("volumes", ()):
        volume, target, *mode = text.split(":")
        found[target] = (volume, mode != ["ro"])
    return found
