"""What `overlay doctor` says of a domain's own certificates: until when, and whether they are renewed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from overlay.clock import system_clock
from overlay.domain.finding import Finding
from overlay.domain.folder import DomainFolder
from overlay.endpoint.home import Home
from overlay.errors import BadInput, OverlayError
from overlay.naming.ids import OPERATOR
from overlay.settings import Settings
from overlay.trust.credentials import Credentials, roots_from_pem
from overlay.trust.renewal_time import renewal_time

_RESTORE = "restore its folder, or make the domain anew"
_OVERDUE = 0.5
"""The part of the time from when it was due until its end, after which renewal obviously does not work."""


def examine_party(folder: DomainFolder, name: str, settings: Settings) -> Finding:
    """The certificate of one of the domain's own parties, by its files alone: wrong settings and open modes
    are findings of their own.
    """
    what, home = f"certificate of {name}", Home(folder.service(name))
    files = (*dict.fromkeys((home.tls.certificate, home.tls.key)), home.sealing, home.roots)
    try:
        own = Credentials.from_pem(*(file.read_bytes() for file in files))
    except (OverlayError, OSError) as error:
        return Finding(what, well=False, said=_said(error), advice=_RESTORE)
    logs = "the log of the CA, and of the part itself, say why it does not renew itself"
    advice = "any `overlay` command renews it" if name == OPERATOR else logs
    return _aged(what, own.certificate, settings, advice)


def examine_others(folder: DomainFolder, settings: Settings) -> Iterator[Finding]:
    """The roots, the broker's certificate, and ours at peers, as far as they are in this folder."""
    rollover = "begin with a new one: `overlay ca rollover start`"
    renews = "the log of the CA says why it is not renewed"
    links = "the log of the gateway says why it is not renewed; or exchange peering files again"
    wanted = [("root of the domain", folder.root_certificate, rollover)]
    wanted.append(("certificate of the broker", folder.broker_tls.certificate, renews))
    at_peers = sorted(folder.link_key.parent.glob("*/link.pem"))
    wanted += [(f"link certificate at {file.parent.name}", file, links) for file in at_peers]
    for what, file, advice in wanted:
        if file.exists():
            yield _file(what, file, settings, advice)


def _file(what: str, file: Path, settings: Settings, advice: str) -> Finding:
    try:
        found: Sequence[x509.Certificate] = roots_from_pem(file.read_bytes())
        if not found:
            raise BadInput(f"{file} is empty")
    except (OverlayError, OSError) as error:
        return Finding(what, well=False, said=_said(error), advice=_RESTORE)
    return _aged(what, found[0], settings, advice)


def _aged(what: str, certificate: x509.Certificate, settings: Settings, advice: str) -> Finding:
    now, end = system_clock(), certificate.not_valid_after_utc.timestamp()
    due = renewal_time(certificate, settings)
    said = f"until {_day(end)}, due for renewal on {_day(due)}"
    if now >= end:
        return Finding(what, well=False, said=f"ended on {_day(end)}", advice=advice)
    return Finding(what, well=now < due + _OVERDUE * (end - due), said=said, advice=advice)


def _said(error: OverlayError | OSError) -> str:
    return f"{error.filename}: {error.strerror}" if isinstance(error, OSError) else str(error)


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
