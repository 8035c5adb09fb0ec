"""Whether who relies on an agent can go on after its profile changed (REG-3). Pure.

More is compatible: another skill, language, protocol, interface, other words. Less is not, nor is something
else under the same name: who found the agent by what is gone would fail. Of the inputs of a skill, lists of
media types and JSON schemas are compared; of prose nobody can say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from overlay.registry.record import HTTP_INTERFACE, Interface, Profile, Skill
from overlay.registry.registration.fault import Fault, raise_faults
from overlay.registry.registration.version import breaks, next_break, parse_version

_LISTS = ("protocols", "interaction", "modalities", "languages", "services")
_MEDIA = re.compile(r"[a-z]+/(?:\*|[a-z0-9][a-z0-9.+-]*)\Z")
_BACK = "put it back, or say that this is another version"


def incompatible(old: Profile, new: Profile) -> list[Fault]:
    """What of the change breaks who relied on the old one; empty: nothing."""
    found: list[Fault] = []
    for field in _LISTS:
        gone = [item for item in getattr(old, field) if item not in getattr(new, field)]
        found += [Fault(field, f"no longer has {item!r}", _BACK) for item in gone]
    found += _skills(old, new)
    found += _interfaces(old, new)
    added = [scheme for scheme in new.security if scheme not in old.security]
    found += [Fault("security", f"demands {scheme!r}, which it did not", _BACK) for scheme in added]
    if old.organisation and new.organisation != old.organisation:
        said = f"is {new.organisation!r}, and was {old.organisation!r}"
        found.append(Fault("organisation", said, _BACK))
    return found


def is_older(old: Profile, new: Profile) -> bool:
    """Whether the new one has a lower version."""
    return parse_version(new.version) < parse_version(old.version)


def check_change(old: Profile, new: Profile) -> list[Fault]:
    """What breaks, announced by its version. Raises BadInput when it is not announced; the text says what
    breaks, and what to do.
    """
    found = incompatible(old, new)
    if is_older(old, new):
        todo = f"{old.version} or above; who goes back on purpose registers anew: `Agent(…, anew=True)`"
        raise_faults([Fault("version", f"{new.version} is below {old.version}", todo)], "the change")
    if found and not breaks(old.version, new.version):
        low = next_break(old.version)
        todo = (
            f"raise it to {low} or above, or register anew, if that is what is meant: `Agent(…, anew=True)`"
        )
        raise_faults(
            [Fault("version", f"{new.version} does not say that the change breaks something", todo), *found],
            "the change",
        )
    return found


def _skills(old: Profile, new: Profile) -> Iterator[Fault]:
    kept = {skill.id: skill for skill in new.skills}
    for skill in old.skills:
        if skill.id not in kept:
            yield Fault("skills", f"no longer has {skill.id!r}", _BACK)
        elif narrowed := _narrowed(skill, kept[skill.id]):
            yield Fault(f"the inputs of {skill.id!r}", narrowed, _BACK)


def _interfaces(old: Profile, new: Profile) -> Iterator[Fault]:
    kept = {one.id: one for one in new.interfaces}
    for one in old.interfaces:
        if one.id == HTTP_INTERFACE:
            continue
        if one.id not in kept:
            yield Fault("interfaces", f"no longer has {one.id!r}", _BACK)
        else:
            yield from _interface(one, kept[one.id])


def _interface(old: Interface, new: Interface) -> Iterator[Fault]:
    where = f"interface {old.id!r}"
    for field in ("kind", "protocol", "address"):
        was, now = getattr(old, field), getattr(new, field)
        if was != now:
            yield Fault(where, f"has the {field} {now!r}, and had {was!r}", _BACK)
    for skill in old.skills:
        if skill not in new.skills and new.skills:
            yield Fault(where, f"is no longer for {skill!r}", _BACK)
    for scheme in new.security:
        if scheme not in old.security:
            yield Fault(where, f"demands {scheme!r}, which it did not", _BACK)


def _narrowed(old: Skill, new: Skill) -> str:
    """How; empty: not, or nobody can say."""
    before, after = _media(old.inputs), _media(new.inputs)
    if before and after:
        lost = sorted(kind for kind in before if not any(_takes(wide, kind) for wide in after))
        return f"no longer include {', '.join(lost)}" if lost else ""
    was, now = _schema(old.inputs), _schema(new.inputs)
    return _stricter(was, now) if was is not None and now is not None else ""


def _media(text: str) -> frozenset[str]:
    words = text.replace(",", " ").split()
    return frozenset(words) if words and all(_MEDIA.match(word) for word in words) else frozenset()


def _takes(wide: str, kind: str) -> bool:
    return wide in (kind, "*/*") or (wide.endswith("/*") and kind.startswith(wide[:-1]))


def _schema(text: str) -> Mapping[str, object] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _stricter(old: Mapping[str, object], new: Mapping[str, object]) -> str:
    more = [name for name in _names(new.get("required")) if name not in _names(old.get("required"))]
    if more:
        return f"now require {', '.join(more)}"
    before, after = _table(old.get("properties")), _table(new.get("properties"))
    gone = [name for name in before if name not in after]
    if gone and new.get("additionalProperties") is False:
        return f"no longer take {', '.join(gone)}"
    for name in before.keys() & after.keys():
        was, now = _table(before[name]).get("type"), _table(after[name]).get("type")
        if now is not None and was != now:
            return f"want {name} as {now!r}, and took {was!r}"
    return ""


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _table(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}
