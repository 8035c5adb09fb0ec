"""The index of commands. A command's module is imported when it is called, not before."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import Annotated, NamedTuple, cast

import typer

from overlay.cli.printing import say
from overlay.cli.running import guarded
from overlay.errors import BadInput

# Typer brings a click of its own, whose names are private: this is its class of wrong usage.
_WrongUsage = cast("type[typer.BadParameter]", typer.BadParameter.__base__)


class Entry(NamedTuple):
    """In which module of this room a command is, as what, and what the index says of it."""

    module: str
    name: str
    help: str


COMMANDS = {
    "init": Entry("domain", "init", "Make a domain: CA, certificates, broker configuration, settings."),
    "up": Entry("domain", "up", "Start a domain: broker, CA, admission, registry, gateway."),
    "down": Entry("domain", "down", "Stop a domain."),
    "status": Entry("status", "status", "What runs, who is peered with, how many agents are here."),
    "serve": Entry("serve", "serve", "One service of a domain in the foreground."),
    "part": Entry("part", "part", "One service of a domain in a folder of its own, to run elsewhere."),
    "health": Entry("health", "health", "Whether one service of this folder serves."),
    "ca": Entry("ca", "app", "Who is a member: tokens, revocation, credentials, rollover, audit."),
    "registry": Entry("registry", "app", "Entries of agents: list, history, approval, policy."),
    "peer": Entry("peer", "app", "Federate with other domains."),
    "route": Entry("route", "app", "By which domains others are reached, and why."),
    "gateway": Entry("gateway", "app", "Its processes: how many, and their restart in turn."),
    "dns": Entry("dns", "app", "How other domains find this one: records for the DNS."),
    "agent": Entry("agent", "app", "Be an agent: send, ask, listen."),
    "channel": Entry("channel", "app", "Groups of agents that read what each of them publishes."),
    "session": Entry("session", "app", "Sessions of several agents: recorded, and resumed."),
    "file": Entry("file", "app", "Files: offered to other agents, fetched from them."),
    "task": Entry("task", "app", "Tasks that agents give each other: start, show, answer, cancel."),
    "chain": Entry("chain", "app", "Graphs of subtasks: check, run, look at them."),
    "stream": Entry("stream", "app", "Live streams: send, listen."),
    "dead-letters": Entry("dead_letters", "app", "What was given up, and sending it again."),
    "policy": Entry("policy", "app", "Who may call whom, and why."),
    "caps": Entry("caps", "app", "How much may pass, of whom."),
    "did": Entry("did", "app", "DID documents: whose key is whose, as the W3C writes it."),
    "discover": Entry("discover", "discover", "Who can do something: by need, by name or by a sentence."),
    "sight": Entry("sight", "app", "Who may find whom, and why."),
    "inside": Entry("inside", "app", "How messages between agents of the domain go."),
    "evaluate-discovery": Entry(
        "evaluate_discovery", "evaluate_discovery", "How often the right agent is found, on data of your own."
    ),
    "demo": Entry("demo", "demo", "Thirteen agents of two domains diagnose broadband complaints."),
    "bench": Entry("bench", "app", "Measure, beside the bare broker."),
    "chaos": Entry("chaos", "app", "Break a federation under load, and judge."),
    "doctor": Entry("doctor", "doctor", "What is wrong with an installation, or a domain, and what to do."),
    "broker": Entry("broker", "app", "A domain on a broker that is there already."),
}


def program() -> None:
    """Run the command line, and leave the process with its exit code."""
    guarded(lambda: _call(sys.argv[1:] or ["--help"]))


def _call(words: list[str]) -> int:
    try:
        return _app(words[0])(words, prog_name="overlay", standalone_mode=False) or 0
    except _WrongUsage as error:
        where = error.ctx.command_path if error.ctx else "overlay"
        raise BadInput(
            f"{error.format_message().replace(': Value error, ', ': ')} (`{where} --help` shows how)"
        ) from error
    except typer.Abort as error:
        raise KeyboardInterrupt from error


def _app(wanted: str) -> typer.Typer:
    """All commands by name, and the `wanted` one in the flesh."""
    app = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
    app.callback()(_options)
    for name, entry in COMMANDS.items():
        if name != wanted:
            app.command(name, help=entry.help)(_elsewhere)
            continue
        found = getattr(import_module(f"overlay.cli.{entry.module}"), entry.name)
        if isinstance(found, typer.Typer):
            app.add_typer(found, name=name)
        else:
            app.command(name)(found)
    return app


def _elsewhere() -> None:
    """Stands for a command in the index."""


def _version(wanted: bool) -> None:
    if wanted:
        say(f"overlay {version('agent-overlay')}")
        raise typer.Exit


def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A message-broker-based overlay network for AI agents."""
