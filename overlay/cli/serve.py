"""`overlay serve`: one service of a domain in the foreground. The supervisor starts it, and containers do."""

from __future__ import annotations

import logging
from typing import Annotated

import typer

from overlay.cli.options import HERE, Home
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.readiness import ReadyWord, while_parent_lives
from overlay.domain.services import serve_part
from overlay.errors import OverlayError


def serve(
    part: Annotated[str, typer.Argument(help="all, ca, admission, registry, gateway or sessions.")],
    home: Home = HERE,
    ready_fd: Annotated[int | None, typer.Option(help="Where to say that it serves.")] = None,
    lifeline: Annotated[bool, typer.Option(help="Stop when standard input ends.")] = False,
) -> None:
    """One service of a domain in the foreground: all, ca, admission, registry, gateway or sessions."""
    word = ReadyWord(ready_fd)
    logging.getLogger("bridges").setLevel(logging.INFO)  # the gateway reports its links and counters
    try:
        work = serve_part(part, DomainFolder.open(home), word.ready, word.progress)
        run(while_parent_lives(work) if lifeline else work)
    except (OverlayError, OSError) as error:
        word.failed(str(error))
        raise
    except ExceptionGroup as error:
        word.failed(str(error.exceptions[0]))
        raise
