"""`overlay ca audit`: the audit logs of CA and registry, read from their files, and proved."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.audit import AuditEntry, Tampered
from overlay.audit_file import audit_file
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json, show_json_line, utc
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.errors import BadInput, Untrusted

_PAGE = 500


class Log(StrEnum):
    """Which of the two."""

    CA = "ca"
    REGISTRY = "registry"


def audit(
    log: Annotated[
        Log | None, typer.Option(help="Which log; if not said, the CA's, and with --verify both.")
    ] = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="Prove that no entry was changed; print number and hash of the last."),
    ] = False,
    head: Annotated[
        list[str] | None,
        typer.Option(
            help="Prove that this earlier head (ca:12:0f3a…, or the CA's without `ca:`) is in it. Repeatable."
        ),
    ] = None,
    after: Annotated[int, typer.Option("--after", help="Print the entries after this number.", min=0)] = 0,
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Who did what, when, and what came of it. Works with the domain up or down. Exit code 1 when a log was
    tampered with. Keep a head elsewhere: only it shows that the end of a log was cut off.
    """
    folder = DomainFolder.open(home)
    if verify or head:
        _verify(folder, log, [_parse(text) for text in head or ()], json=json)
    else:
        _print(_path(folder, log or Log.CA), after, json=json)


@dataclass(frozen=True, slots=True)
class _Head:
    log: Log
    number: int
    hash: bytes


def _parse(text: str) -> _Head:
    words = text.split(":")
    try:
        log = Log(words.pop(0)) if len(words) == 3 else Log.CA
        number, digest = words
        return _Head(log, int(number), bytes.fromhex(digest))
    except ValueError as error:
        raise BadInput(
            f"{text!r} is no head: write it as `overlay ca audit --verify` does, such as ca:12:0f3a…"
        ) from error


def _path(folder: DomainFolder, log: Log) -> Path:
    return folder.ca_store if log is Log.CA else folder.registry_store


def _logs(folder: DomainFolder, log: Log | None) -> list[Log]:
    part = load_config(folder.config).part
    here = [one for one in Log if part in ("", one)]
    return [log] if log else here


def _verify(folder: DomainFolder, log: Log | None, heads: list[_Head], *, json: bool) -> None:
    logs = _logs(folder, log or None)
    missing = [head.log for head in heads if head.log not in logs]
    if missing:
        raise BadInput(f"a head of the log of the {missing[0]} is given, but that log is not looked at")
    found = [_verified(_path(folder, one), one, heads) for one in logs]
    if json:
        show_json({"well": all(item["well"] for item in found), "logs": found})
    else:
        for item in found:
            said = f"{item['entries']} entries, head {item['head']}" if item["well"] else item["error"]
            say(f"{item['log']}: {said}")
    if not all(item["well"] for item in found):
        raise SystemExit(1)


def _verified(path: Path, log: Log, heads: list[_Head]) -> dict[str, object]:
    told: dict[str, object] = {"log": log.value, "well": False}
    with audit_file(path) as chain:
        try:
            entries = chain.verify()
            for head in heads:
                if head.log is log:
                    chain.verify((head.number, head.hash))
        except Tampered as error:
            return {**told, "error": str(error), "bad_entry": error.entry}
        except Untrusted as error:
            return {**told, "error": str(error)}
        number, digest = chain.head()
    return {
        "log": log.value,
        "well": True,
        "entries": entries,
        "head": f"{log.value}:{number}:{digest.hex()}",
    }


def _print(path: Path, after: int, *, json: bool) -> None:
    with audit_file(path) as chain:
        while page := chain.entries(after, _PAGE):
            for entry in page:
                if json:
                    show_json_line(msgspec.structs.asdict(entry))
                else:
                    say(_line(entry))
            after = page[-1].number


def _line(entry: AuditEntry) -> str:
    said = f"{entry.number} {utc(entry.time)} {entry.who} {entry.what} {entry.about or '-'}: {entry.outcome}"
    return printable(said)
