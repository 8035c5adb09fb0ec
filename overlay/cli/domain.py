"""`overlay init`, `up` and `down`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.brokers import broker_kinds
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import interruptible, run
from overlay.domain.config import load_config
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.service import Service


def init(
    folder: Annotated[
        Path, typer.Argument(help="Where the domain's folder shall be; must not be there yet.")
    ],
    domain: Annotated[str, typer.Option(help="The domain's name, such as a.example.")],
    broker: Annotated[str, typer.Option(help="The kind of broker: nats or rabbitmq.")] = "nats",
    host: Annotated[
        list[str] | None,
        typer.Option(
            help="A name or address of this machine for others; the first is handed out. Repeatable."
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="The broker's port; 0: any free one.", min=0, max=65535)] = 0,
    broker_url: Annotated[
        str, typer.Option(help="Use this existing broker (tls://… or amqps://…) instead of starting one.")
    ] = "",
    management: Annotated[
        str, typer.Option(help="With an existing RabbitMQ: https://host:port of its management API.")
    ] = "",
    registry_replicas: Annotated[
        int, typer.Option(help="Processes of the registry; several need a NATS broker.", min=1, max=4)
    ] = 1,
    json: Json = False,
) -> None:
    """Make a domain: CA, certificates, broker configuration, settings."""
    (kind,) = broker_kinds(broker, most=1)
    wish = Wish(domain, kind, tuple(host or ["localhost"]), port, broker_url, management, registry_replicas)
    with interruptible():
        config = create_domain(folder, wish)
    if json:
        show_json({"domain": config.domain, "home": str(folder.absolute()), "url": config.url})
        return
    say(f"Domain {config.domain} is in {folder}, with a {config.broker} broker at {config.url}.")
    if config.managed:
        say(f"Start it:   overlay up --home {folder}")
    else:
        say(f"Its broker's configuration:   overlay broker config --home {folder} FOLDER")


def up(
    home: Home = HERE,
    foreground: Annotated[
        bool, typer.Option("--foreground", help="Stay, and stop everything on Ctrl-C.")
    ] = False,
    json: Json = False,
) -> None:
    """Start the domain: broker, CA, admission, registry, gateway. Returns when everything serves."""
    folder = DomainFolder.open(home)
    config = load_config(folder.config)
    service = Service(folder)

    def tell(fresh: bool, end: str) -> None:
        if json:
            show_json({"domain": config.domain, "url": config.url, "was_up": not fresh})
        else:
            say(f"{config.domain} is up at {config.url}{end}")

    if foreground:
        run(service.stay(lambda: tell(True, "; Ctrl-C stops it."), _progress))
        return
    fresh = run(service.start(_progress))
    tell(fresh, "." if fresh else ", and was so before.")


def _progress(part: str) -> None:
    """While somebody watches: to start a domain takes a while."""
    if sys.stderr.isatty():
        sys.stderr.write(f"{part} serves\n")


def down(home: Home = HERE, json: Json = False) -> None:
    """Stop the domain's processes. Does nothing when they are stopped."""
    folder = DomainFolder.open(home)
    config = load_config(folder.config)
    stopped = run(Service(folder).stop())
    if json:
        show_json({"domain": config.domain, "was_up": stopped})
        return
    say(f"{config.domain} is down" + ("." if stopped else ", and was so before."))
