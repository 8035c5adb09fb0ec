"""`overlay broker`."""

import typer

app = typer.Typer()
