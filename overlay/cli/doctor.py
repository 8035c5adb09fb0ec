"""`overlay doctor`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from overlay.cli.options import Json
from overlay.cli.printing import printable, say, show_json
from overlay.cli.running import run
from overlay.domain.doctor import examine_domain, examine_installation
from overlay.domain.finding import Finding
from overlay.domain.folder import DomainFolder
from overlay.settings import load_settings


def doctor(
    home: Annotated[
        Path | None, typer.Option("--home", envvar="OVERLAY_HOME", help="Look at this domain as well.")
    ] = None,
    json: Json = False,
) -> None:
    """What is wrong with this installation, or with a domain, and what to do. Exit code 1 if anything is."""
    found = list(examine_installation(load_settings()))
    if home is None and (Path() / "domain.toml").is_file():
        home = Path()
    if home is not None:
        found += run(examine_domain(DomainFolder.open(home)))
    wrong = [finding for finding in found if not finding.well]
    if json:
        show_json({"well": not wrong, "findings": [_as_dict(finding) for finding in found]})
    else:
        for finding in found:
            say(f"{'ok   ' if finding.well else 'WRONG'} {finding.what}: {printable(finding.said)}")
            if not finding.well and finding.advice:
                say(f"      {printable(finding.advice)}")
        say("Everything is well." if not wrong else f"{len(wrong)} of {len(found)} are wrong.")
    if wrong:
        raise SystemExit(1)


def _as_dict(finding: Finding) -> dict[str, object]:
    return {"what": finding.what, "well": finding.well, "said": finding.said, "advice": finding.advice}
