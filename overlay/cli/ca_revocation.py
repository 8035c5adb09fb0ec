"""`overlay ca revoke`, `restore` and `crl`: trust ends, comes back, and is told."""

from __future__ import annotations

import shlex
import sys
from typing import Annotated, TypedDict

import typer
from cryptography import x509

from overlay.ca.protocol import Reason, Revoked
from overlay.ca.revocation.crl import reason_of
from overlay.ca.revocation.protocol import Restorable, Restore
from overlay.cli.certificates import as_dict, is_serial
from overlay.cli.files import Output, write_file
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.errors import BadInput, Unavailable
from overlay.trust.serials import serial_text


class _Entry(TypedDict):
    serial: str
    revoked_at: float
    reason: Reason


_COLUMNS = ("serial", "revoked at", "reason")
_LAST = b"-----END X509 CRL-----\n"


def revoke(
    name: Annotated[str, typer.Argument(help="Whose certificates; or one certificate's serial.")] = "",
    organisation: Annotated[
        str, typer.Option(help="Instead of a name: all agents of this organisation.")
    ] = "",
    reason: Annotated[Reason, typer.Option(help="Why.")] = Reason.WITHDRAWN,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """End certificates now: the broker closes their connections, the registry forgets the agent."""
    if bool(name) == bool(organisation):
        raise BadInput("name an agent, or a certificate by its serial, or give --organisation")
    ended = run(_revoke(DomainFolder.open(home), name, organisation, reason))
    if json:
        show_json({"revoked": [as_dict(item) for item in ended.certificates], "pending": ended.pending})
    else:
        for item in ended.certificates:
            say(f"revoked: {item.party}, serial {item.serial}")
    if ended.pending:
        raise Unavailable(
            "revoked, but the broker or the registry could not be told yet; the CA goes on trying"
        )


def restore(
    name: Annotated[str, typer.Argument(help="Whose certificate was revoked.")],
    serial: Annotated[str, typer.Option(help="Which one of several; else the last.")] = "",
    hours: Annotated[
        float, typer.Option(help="How long the token is good; 0: as the settings say.", min=0)
    ] = 0,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Let a wrongly revoked agent come back: prints a token, one line, that its own home takes once
    (`OVERLAY_JOIN_TOKEN=TOKEN overlay agent join FOLDER`). Its entry in the registry comes back as it was.
    """
    folder = DomainFolder.open(home)
    made = run(_restore(folder, Restore(name, serial, hours * 3600)))
    own = folder.agent(name)
    known = str(own) if own.exists() else ""  # it lives here: `overlay agent listen NAME` made it
    if json:
        show_json({"name": name, "token": made.text, "new_key": made.new_key, "home": known})
        return
    say(made.text)
    where = shlex.quote(known) if known else "FOLDER, where the agent lives"
    sys.stderr.write(f"Give it to the agent: OVERLAY_JOIN_TOKEN=… overlay agent join {where}\n")


def crl(
    output: Output = None,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """The CA's signed list of what is revoked (X.509 CRL). While two roots are trusted: one by each."""
    pem = run(_crl(DomainFolder.open(home)))
    lists = [x509.load_pem_x509_crl(part + _LAST) for part in pem.split(_LAST) if part.strip()]
    if output is not None:
        write_file(output, pem)
    if json:
        show_json(
            {"number": _number(lists[0]), "pem": pem.decode(), "lists": [_as_dict(one) for one in lists]}
        )
    elif output is None:
        rows = [(one["serial"], utc(one["revoked_at"]), one["reason"]) for one in _entries(lists[0])]
        show_table(_COLUMNS, rows, "Nothing is revoked.")
        say(f"list {_number(lists[0])}, the next one before {utc(_next(lists[0]))}")


async def _revoke(folder: DomainFolder, text: str, organisation: str, reason: Reason) -> Revoked:
    async with operator(folder) as hand:
        if organisation:
            return await hand.ca.revoke(reason, organisation=organisation)
        if is_serial(text):
            return await hand.ca.revoke(reason, serial=text.lower())
        return await hand.ca.revoke(reason, name=text)


async def _restore(folder: DomainFolder, ask: Restore) -> Restorable:
    async with operator(folder) as hand:
        return await hand.ca.restore(ask)


async def _crl(folder: DomainFolder) -> bytes:
    async with operator(folder) as hand:
        return await hand.ca.crl()


def _as_dict(found: x509.CertificateRevocationList) -> dict[str, object]:
    return {
        "issuer": found.issuer.rfc4514_string(),
        "this_update": found.last_update_utc.timestamp(),
        "next_update": _next(found),
        "revoked": _entries(found),
    }


def _entries(found: x509.CertificateRevocationList) -> list[_Entry]:
    return [
        {
            "serial": serial_text(entry.serial_number),
            "revoked_at": entry.revocation_date_utc.timestamp(),
            "reason": reason_of(entry.extensions.get_extension_for_class(x509.CRLReason).value.reason),
        }
        for entry in found
    ]


def _number(found: x509.CertificateRevocationList) -> int:
    return found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number


def _next(found: x509.CertificateRevocationList) -> float:
    moment = found.next_update_utc
    return moment.timestamp() if moment else 0.0
