"""The index of commands."""

from __future__ import annotations

from importlib.metadata import version
from typing import Annotated

import click
import typer

from overlay.cli import agent, bench, broker, ca, demo, discover, doctor, domain, peer
from overlay.cli.printing import say
from overlay.cli.running import guarded
from overlay.errors import BadSettings

app = typer.Typer(
    name="overlay",
    help="A message-broker-based overlay network for AI agents.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command()(domain.init)
app.command()(domain.up)
app.command()(domain.down)
app.command()(domain.status)
app.command(hidden=True)(domain.serve)
app.add_typer(ca.app, name="ca")
app.add_typer(peer.app, name="peer")
app.add_typer(agent.app, name="agent")
app.command()(discover.discover)
app.command()(demo.demo)
app.add_typer(bench.app, name="bench")
app.command()(doctor.doctor)
app.add_typer(broker.app, name="broker")


def _version(wanted: bool) -> None:
    if wanted:
        say(f"overlay {version('agent-overlay')}")
        raise typer.Exit


@app.callback()
def _options(
    _: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A message-broker-based overlay network for AI agents."""


def _command() -> None:
    try:
        app(standalone_mode=False)
    except click.ClickException as error:
        raise BadSettings(f"{error.format_message()} (`overlay --help` shows how)") from error
    except click.Abort as error:
        raise KeyboardInterrupt from error


def main() -> None:
    """The program."""
    guarded(_command)


if __name__ == "__main__":
    main()
