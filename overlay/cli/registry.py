"""`overlay registry`: the entries of a domain's agents, what they were, and which of them wait."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
import typer

from overlay.cli import registry_policy
from overlay.cli.options import HERE, Home, Json
from overlay.cli.printing import say, show_json, show_table, utc
from overlay.cli.registry_backup import backup, restore, store
from overlay.cli.registry_requests import approve, deny, requests
from overlay.cli.running import run
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.naming.ids import PartyId
from overlay.registry.record import Presence, Record
from overlay.registry.registration.client import RegistrationClient
from overlay.registry.registration.history import Past

app = typer.Typer(
    help="Entries of agents: list, history, approval. (Its audit log: `overlay ca audit --log registry`.)",
    rich_markup_mode=None,
)
app.command()(requests)
app.command()(approve)
app.command()(deny)
app.add_typer(registry_policy.app, name="policy", help="Which registrations an administrator decides.")
app.command()(backup)
app.command()(restore)
app.command()(store)
Agent = Annotated[str, typer.Argument(help="An agent of this domain: its name, or name@domain.")]
Anybody = Annotated[str, typer.Argument(help="An agent: name, or name@domain; of a peered domain, too.")]
_NOTHING: tuple[object, ...] = ("", 0, [], (), {}, None)
_COLUMNS = ("agent", "presence", "status", "version", "organisation", "skills", "changed", "resource ID")


@app.command("list")
def list_entries(
    online: Annotated[bool, typer.Option("--online", help="Only those that are there now.")] = False,
    organisation: Annotated[str, typer.Option(help="Only those of this one, by their certificates.")] = "",
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Every agent of the domain that has an entry."""

    async def work() -> list[Record]:
        async with operator(DomainFolder.open(home)) as hand:
            return await RegistrationClient(hand.registry).entries()

    found = [
        record
        for record in run(work())
        if (not online or record.presence is Presence.ONLINE) and organisation in ("", record.organisation)
    ]
    if json:
        show_json({"agents": [as_dict(record) for record in found]})
    else:
        which = f" of organisation {organisation!r}" if organisation else ""
        nobody = f"No agent{which} {'is online' if online else 'has an entry'}."
        show_table(_COLUMNS, [_row(record) for record in found], nobody)


@app.command()
def show(agent: Anybody, home: Home = HERE, json: Json = False) -> None:
    """All that the registry knows of an agent, ours or a peer's."""
    folder = DomainFolder.open(home)

    async def work() -> Record:
        async with operator(folder) as hand:
            return await hand.registry.resolve(_party(agent, hand.endpoint.me.domain))

    record = run(work())
    if json:
        show_json(as_dict(record))
    else:
        show_table(("", ""), _told(record), "")


@app.command()
def history(agent: Agent, home: Home = HERE, json: Json = False) -> None:
    """What an agent's entry was before: versions, and what changed; oldest first."""

    async def work() -> tuple[Past, ...]:
        async with operator(DomainFolder.open(home)) as hand:
            party = _party(agent, hand.endpoint.me.domain)
            return await RegistrationClient(hand.registry).history(party)

    found = run(work())
    if json:
        show_json({"agent": agent, "history": [msgspec.to_builtins(past) for past in found]})
        return
    rows = [
        (
            utc(past.until),
            past.version,
            past.became or "(removed)",
            "; ".join(past.changes),
            "; ".join(past.broke),
        )
        for past in found
    ]
    show_table(("when", "from", "to", "changes", "incompatible"), rows, "Its entry never changed.")


@app.command()
def remove(
    agent: Agent,
    why: Annotated[str, typer.Option(help="For the audit log.")] = "",
    home: Home = HERE,
    json: Json = False,
) -> None:
    """Take an agent's entry away. One that runs registers again, unless a policy or `overlay ca revoke` says
    otherwise.
    """

    async def work() -> PartyId:
        async with operator(DomainFolder.open(home)) as hand:
            party = _party(agent, hand.endpoint.me.domain)
            await RegistrationClient(hand.registry).remove(party, why)
            return party

    party = run(work())
    if json:
        show_json({"removed": str(party)})
    else:
        say(f"removed: {party}")


def as_dict(record: Record) -> dict[str, object]:
    """For scripts: without the key card, which is bytes. `change` is the number of the entry's last change;
    who is not there has no status.
    """
    told = msgspec.to_builtins(record)
    told["change"] = told.pop("version")
    hidden = ("card", "access") if record.presence is Presence.ONLINE else ("card", "access", "status")
    return {field: value for field, value in told.items() if field not in hidden}


def _party(text: str, domain: str) -> PartyId:
    return PartyId.parse(text if "@" in text else f"{text}@{domain}")


def _row(record: Record) -> tuple[str, ...]:
    profile, status = record.profile, record.status
    state = f"{status.state} {status.load:.0%}" if status.load else status.state
    skills = ", ".join(skill.id for skill in profile.skills)
    said = (profile.version, record.organisation, skills, utc(record.changed_at), record.resource_id)
    return (record.party, record.presence, state if record.presence is Presence.ONLINE else "-", *said)


def _told(record: Record) -> list[tuple[str, str]]:
    """What it says, field by field."""
    found = as_dict(record)
    profile = msgspec.to_builtins(found.pop("profile"))
    profile["credentials"] = len(record.profile.credentials)  # JWTs: those that hold are under `verified`
    found |= {field: utc(getattr(record, field)) for field in ("registered_at", "changed_at")}
    rows = {**profile, **found, "organisation": profile["organisation"] or record.organisation}
    return [row for field, value in rows.items() if value for row in _lines(field.replace("_", " "), value)]


def _lines(field: str, value: object) -> Iterator[tuple[str, str]]:
    """What has fields of its own is a line each."""
    if isinstance(value, list | tuple) and any(isinstance(part, dict) for part in value):
        for at, part in enumerate(value):
            yield "" if at else field, _in_words(part)
    else:
        yield field, _in_words(value)


def _in_words(value: object) -> str:
    """Fields that are empty are left out."""
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_in_words(part)}" for name, part in value.items() if part not in _NOTHING)
    if isinstance(value, list | tuple):
        return " ".join(_in_words(part) for part in value)
    return str(value)
