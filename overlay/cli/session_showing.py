"""How sessions and their events are shown."""

from __future__ import annotations

import msgspec

from overlay.cli.bodies import body_json
from overlay.cli.printing import printable, say, show_json_line, utc
from overlay.sessions.event import Event
from overlay.sessions.protocol import Entry, Kind


def entry_json(entry: Entry) -> dict[str, object]:
    """For scripts."""
    built: dict[str, object] = msgspec.to_builtins(msgspec.structs.replace(entry, incarnation=b""))
    parts = [
        {"party": one.party, "since": one.since, "left": one.left, "in": not one.left}
        for one in entry.participants
    ]
    quality = {name: getattr(entry.quality, name) for name in entry.quality.__struct_fields__}
    told = {"incarnation": entry.incarnation.hex(), "participants": parts, "state": _state(entry)}
    return {**built, **told, "quality": quality}


def session_row(entry: Entry) -> tuple[object, ...]:
    """For a table."""
    there = sum(not one.left for one in entry.participants)
    return (
        *(entry.session, entry.initiator, there, entry.last),
        *(_state(entry), entry.quality.priority.value),
    )


def say_entry(entry: Entry) -> None:
    """For people."""
    say(f"{entry.session}, opened by {entry.initiator} at {utc(entry.created)}: {_state(entry)}")
    say(f"{entry.last} events, priority {entry.quality.priority.value}")
    for one in entry.participants:
        left = f", left at {one.left}" if one.left else ""
        say(f"  {one.party} since {one.since}{left}")


def show_event(event: Event, *, json: bool) -> None:
    """One line."""
    if not json:
        say(f"{event.number:>6}  {event.sender}  {printable(_words(event))}")
        return
    shown: dict[str, object] = {
        "number": event.number,
        "at": event.at,
        "kind": event.kind.value,
        "sender": str(event.sender),
        "id": event.id.hex(),
    }
    if event.kind is Kind.SAID:
        shown |= {"withheld": event.withheld, "attributes": event.attributes, **body_json(event.body)}
    if event.why:
        shown["why"] = event.why
    if event.upto:
        shown["upto"] = event.upto
    if event.quality is not None:
        shown["priority"] = event.quality.priority.value
    show_json_line(shown)


def _words(event: Event) -> str:
    if event.kind is Kind.SAID:
        return "(withheld)" if event.withheld else event.body.decode(errors="replace")
    if event.quality is not None:
        return f"(priority {event.quality.priority.value})"
    more = event.why or (f"up to {event.upto}" if event.upto else "")
    return f"({event.kind.value}{': ' if more else ''}{more})"


def _state(entry: Entry) -> str:
    if not entry.ended:
        return "runs"
    return f"ended at {utc(entry.ended)}" + (f": {printable(entry.why)}" if entry.why else "")
