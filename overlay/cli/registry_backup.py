"""`overlay registry backup`, `restore` and `store`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.registry_backup import back_up, holding
from overlay.domain.registry_backup import restore as put_back


def backup(
    file: Annotated[Path, typer.Argument(help="The backup; must not be there yet.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Everything that the registry holds at this moment, in one file, audit log included. The registry may
    run meanwhile. Whoever reads the file knows all agents: keep it as you keep keys.
    """
    done = run(back_up(DomainFolder.open(home), file))
    if json:
        show_json({**done.as_dict(), "file": str(file.absolute())})
    else:
        say(f"{file}: {done.keys} keys, {done.audit_entries} audit entries, {done.bytes} bytes.")


def restore(
    file: Annotated[Path, typer.Argument(help="What `overlay registry backup` made, of any kind of store.")],
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Put a backup in place of what the registry holds; the registry must be down. Registrations since then
    are gone: agents make them again when they next start. Peers and agents see that it is another history.
    """
    done = run(put_back(DomainFolder.open(home), file))
    if json:
        show_json({**done.as_dict(), "file": str(file.absolute())})
    else:
        say(f"Restored {done.keys} keys of {done.domain} as of {utc(done.taken_at)}. Now `overlay up`.")


def store(home: Home = HERE, json: Json = False) -> None:
    """Where the registry's state lies, how much it is, and which of its processes hear every change."""
    found = run(holding(DomainFolder.open(home)))
    if json:
        show_json(found.as_dict())
        return
    say(f"{found.kind}: {found.where}")
    say(f"history {found.log}, revision {found.revision}; {found.keys} keys, {found.bytes} bytes")
    rows = [(one.replica, "up" if one.there else "down", str(one.behind)) for one in found.replicas]
    show_table(("process", "state", "entries behind"), rows, "No process uses it.")
