"""Records as a zone file, and as commands of nsupdate; what is missing are comments in both. Pure."""

from __future__ import annotations

from enum import StrEnum

from overlay.dns.records import SERVICES, Publication
from overlay.dns.statement import name_of


class Format(StrEnum):
    """How records are written."""

    ZONE = "zone"
    COMMANDS = "commands"


def as_text(found: Publication, form: Format, ttl_s: int) -> str:
    """For a zone file to include, or for `nsupdate`."""
    notes = [f"; {note}" for note in found.missing]
    write = _zone if form is Format.ZONE else _commands
    return "\n".join([f"; {found.domain} in the agent overlay", *notes, *write(found, ttl_s)])


def _zone(found: Publication, ttl_s: int) -> list[str]:
    return [f"{one.name}\t{ttl_s}\tIN\t{one.kind}\t{one.data}" for one in found.records]


def _commands(found: Publication, ttl_s: int) -> list[str]:
    """They take the place of what was there under these names."""
    lines = [f"update delete {name_of(found.domain)}. TXT"]
    lines += [f"update delete {service}.{found.domain}. SRV" for service in SERVICES.values()]
    lines += [f"update add {one.name} {ttl_s} {one.kind} {one.data}" for one in found.records]
    return [*lines, "send"]
