"""Former versions of entries: what changed, when, and whether it broke something (REG-3). Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from overlay.registry.record import Profile, Record
from overlay.registry.registration.fault import Fault
from overlay.registry.storage.contract import Entry
from overlay.registry.storage.keys import HISTORY, key, rest_of
from overlay.wire.request import decode_struct, encode_struct

_ITEMS = 12


class Past(msgspec.Struct, frozen=True):
    """One change of an entry. Times are seconds since 1970."""

    version: str
    """Of the profile before it."""
    resource_id: str
    """Of the entry then; another one where the change was incompatible."""
    until: float
    """When it was changed."""
    became: str
    """The version after it; empty: the entry was removed."""
    changes: tuple[str, ...]
    """What changed, in words."""
    broke: tuple[str, ...] = ()
    """What of it was incompatible."""


class _Pasts(msgspec.Struct, frozen=True, array_like=True):
    pasts: tuple[Past, ...] = ()


def history_key(name: str) -> str:
    """Where the history of an agent lies."""
    return key(HISTORY, name)


class Histories:
    """By name, encoded: most entries never change, and those that do are seldom asked for."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._rows: dict[str, bytes] = {}
        self._ended: dict[str, float] = {}

    def take(self, entry: Entry) -> None:
        """From the store. Raises BadInput."""
        name = rest_of(entry.key)
        self._ended.pop(name, None)
        if entry.value is None:
            self._rows.pop(name, None)
            return
        self._rows[name] = entry.value
        last = decode_struct(entry.value, _Pasts).pasts[-1:]
        if last and not last[0].became:
            self._ended[name] = last[0].until

    def over(self, before: float) -> Iterator[str]:
        """Names whose entries were removed before then, the first in front."""
        for name, until in self._ended.items():
            if until >= before:
                return
            yield name

    def of(self, name: str) -> tuple[Past, ...]:
        """The latest `registry_history` changes, oldest first. Raises BadInput."""
        data = self._rows.get(name)
        return () if data is None else decode_struct(data, _Pasts).pasts

    def longer(self, name: str, past: Past) -> bytes:
        """What is to be stored when it is changed once more."""
        return encode_struct(_Pasts((*self.of(name), past)[-self._limit :]))


def past_of(old: Record, new: Profile | None, now: float, broke: Sequence[Fault] = ()) -> Past:
    """What the change of `old` is remembered as; None: it is removed."""
    changes = ("removed",) if new is None else tuple(differences(old.profile, new))
    became = "" if new is None else new.version
    said = tuple(f"{fault.field} {fault.wrong}" for fault in broke[:_ITEMS])
    return Past(old.profile.version, old.resource_id, now, became, changes[:_ITEMS], said)


def differences(old: Profile, new: Profile) -> Iterator[str]:
    """What is another, in words; texts are not repeated."""
    before, after = ({skill.id: skill for skill in profile.skills} for profile in (old, new))
    for skill in after.keys() - before.keys():
        yield f"skill {skill} added"
    for skill in before.keys() - after.keys():
        yield f"skill {skill} removed"
    for skill in before.keys() & after.keys():
        if before[skill] != after[skill]:
            yield f"skill {skill} described anew"
    for field in Profile.__struct_fields__:
        if field != "skills" and getattr(old, field) != getattr(new, field):
            yield f"{field} changed"
