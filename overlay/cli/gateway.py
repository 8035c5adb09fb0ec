"""`overlay gateway`: how many processes it has, and their restart in turn."""

from __future__ import annotations

from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.gateway_orders import Act, give_order
from overlay.domain.registry_store import check_registry
from overlay.domain.service import Service
from overlay.domain.settings_file import set_number
from overlay.errors import Refused
from overlay.settings import load_settings

app = typer.Typer(help="Its processes: how many, and their restart in turn.", rich_markup_mode=None)


@app.command()
def scale(
    processes: Annotated[int, typer.Argument(help="How many; they share the work.", min=1, max=4)],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Run so many processes of the gateway from now on; those that end finish what they have first."""
    folder = DomainFolder.open(home)
    settings = load_settings(folder.settings)
    check_registry(load_config(folder.config), settings.model_copy(update={"gateway_processes": processes}))
    set_number(folder.settings, "gateway_processes", processes)
    up = Service(folder).running()
    said = "one process" if processes == 1 else f"{processes} processes"
    if up:
        run(give_order(folder, Act.SCALE, processes))
    if json:
        show_json({"processes": processes, "up": up})
    elif up:
        say(f"The gateway has {said}.")
    else:
        say(f"The gateway will have {said} when the domain is up.")


@app.command()
def restart(home: Home = HERE, json: Json = False) -> None:
    """Restart its processes one after another, while the others work: nothing is lost. Of a single one, a
    second is started for that time.
    """
    folder = DomainFolder.open(home)
    if not Service(folder).running():
        raise Refused("the domain is down: `overlay up` starts it")
    processes = load_settings(folder.settings).gateway_processes
    run(give_order(folder, Act.RESTART, processes))
    if json:
        show_json({"restarted": processes})
    else:
        say(f"Restarted: {processes}.")
