"""`overlay ca audit`: the audit logs of CA and registry, read where they lie, and proved."""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import msgspec
import typer

from overlay.audit import START, AuditEntry, Row, Tampered
from overlay.audit import verify as prove
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import printable, say, show_json, show_json_line, utc
from overlay.cli.running import run
from overlay.domain.audit_chains import Chains, ca_chains, registry_chains
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.errors import BadInput, Untrusted
from overlay.naming.ids import CA, REGISTRY
from overlay.registry.storage.audit_page import Chain


def audit(
    log: Annotated[
        str | None,
        typer.Option(
            help="ca, registry (all its processes), or one of them, such as registry-2; if not said, the "
            "CA's, and with --verify all."
        ),
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
        heads = [_parse(text) for text in head or ()]
        _verify(_chains(folder, log, heads), heads, json=json)
    else:
        _print(_chains(folder, log or CA, []), after, json=json)


_NAME = re.compile(rf"{CA}|{REGISTRY}(-[0-9a-z]+)?")


@dataclass(frozen=True, slots=True)
class _Head:
    log: str
    number: int
    hash: bytes


def _parse(text: str) -> _Head:
    words = text.split(":")
    try:
        log = words.pop(0) if len(words) == 3 else CA
        _kind(log)
        number, digest = words
        return _Head(log, int(number), bytes.fromhex(digest))
    except ValueError as error:
        raise BadInput(
            f"{text!r} is no head: write it as `overlay ca audit --verify` does, such as ca:12:0f3a…"
        ) from error


def _chains(folder: DomainFolder, log: str | None, heads: list[_Head]) -> Chains:
    """Those that `log` names. Raises BadInput when it is none, or does not name what the heads are of."""
    part = load_config(folder.config).part
    looked = [one for one in (CA, REGISTRY) if part in ("", one)] if log is None else [_kind(log)]
    for head in heads:
        if _kind(head.log) not in looked or log not in (None, _kind(head.log), head.log):
            raise BadInput(f"a head of the log {head.log} is given, but that log is not looked at")
    found: dict[str, Chain] = {}
    if CA in looked:
        found |= ca_chains(folder)
    if REGISTRY in looked:
        found |= run(registry_chains(folder))
    if log in (None, *looked):
        return found
    if log not in found and not heads:
        raise BadInput(f"{log!r} never wrote a log here: {', '.join(found) or 'nobody did'}")
    return {name: chain for name, chain in found.items() if name == log}


def _kind(log: str) -> str:
    """Raises BadInput for what is no name of a log."""
    if not _NAME.fullmatch(log):
        raise BadInput(f"{log!r} is no log: ca, registry, or a process of the registry such as registry-2")
    return CA if log == CA else REGISTRY


def _verify(chains: Chains, heads: list[_Head], *, json: bool) -> None:
    found = [_verified(name, chain, heads) for name, chain in chains.items()]
    found += [_lost(head) for head in heads if head.log not in chains]
    if json:
        show_json({"well": all(item["well"] for item in found), "logs": found})
    else:
        for item in found:
            said = f"{item['entries']} entries, head {item['head']}" if item["well"] else item["error"]
            say(f"{item['log']}: {said}")
    if not all(item["well"] for item in found):
        raise SystemExit(1)


def _verified(name: str, chain: Chain, heads: list[_Head]) -> dict[str, object]:
    told: dict[str, object] = {"log": name, "well": False}
    last = START

    def rows() -> Iterator[Row]:
        nonlocal last
        for row in chain(0):
            last = row[0], row[2]
            yield row

    try:
        entries = prove(rows())
        for head in heads:
            if head.log == name:
                prove(chain(0), (head.number, head.hash))
    except Tampered as error:
        return {**told, "error": str(error), "bad_entry": error.entry}
    except Untrusted as error:
        return {**told, "error": str(error)}
    number, digest = last
    return {"log": name, "well": True, "entries": entries, "head": f"{name}:{number}:{digest.hex()}"}


def _lost(head: _Head) -> dict[str, object]:
    return {"log": head.log, "well": False, "error": "this log is gone: its known head is not there"}


def _print(chains: Chains, after: int, *, json: bool) -> None:
    """Of several logs together, by time."""
    read = [_entries(name, chain, after) for name, chain in chains.items()]
    for name, entry in heapq.merge(*read, key=lambda one: one[1].time):
        if json:
            show_json_line({"log": name, **msgspec.structs.asdict(entry)})
        else:
            say(_line(name, entry))


def _entries(name: str, chain: Chain, after: int) -> Iterator[tuple[str, AuditEntry]]:
    """Raises Tampered."""
    for number, data, _ in chain(after):
        try:
            yield name, msgspec.msgpack.decode(data, type=AuditEntry)
        except msgspec.MsgspecError as error:
            raise Tampered(number) from error


def _line(name: str, entry: AuditEntry) -> str:
    where = entry.number if name in (CA, REGISTRY) else f"{name}:{entry.number}"
    said = f"{where} {utc(entry.time)} {entry.who} {entry.what} {entry.about or '-'}: {entry.outcome}"
    return printable(said)
