"""`overlay ca rekey`: what to do when a key of the domain's own was stolen."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from overlay.ca.protocol import Reason
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.rekey import PARTS
from overlay.domain.rekey import rekey as give_new_keys
from overlay.errors import Unavailable


def rekey(
    part: Annotated[str, typer.Argument(help=f"Whose keys: {', '.join(PARTS)}.")],
    reason: Annotated[Reason, typer.Option(help="Why the old ones end.")] = Reason.KEY_COMPROMISE,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Give a part of the domain new keys, and revoke all its other certificates, a thief's renewals too.
    Registry, gateway, admission and provisioner: while the domain is up or down. The others: while down.
    """
    folder = DomainFolder.open(home)
    done = run(give_new_keys(folder, part, reason))
    if json:
        show_json(asdict(done))
    else:
        say(f"{done.name} has new keys, and certificate {done.serial}")
        for serial in done.ended:
            say(f"revoked: serial {serial}")
        if not done.serves:
            say("It uses them, and everybody hears of it, when it is started again.")
    if done.pending:
        raise Unavailable(
            "revoked, but the broker or the registry could not be told yet; the CA goes on trying"
        )
