"""Writes docs/settings.md from `overlay/settings.py`: `python -m tests.settings_page`."""

from __future__ import annotations

import re
from pathlib import Path

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo

from overlay import settings as module
from overlay.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
_HEAD = """# Settings

Every limit and time, made from `overlay/settings.py` by `python -m tests.settings_page`. Write `name = value`
into the domain's `overlay.toml`, or set `OVERLAY_NAME=value` (upper case) in the environment, which goes first.
Times are seconds (`_s`), sizes bytes (`_bytes`). A value outside its bounds is refused with its name.
"""
_SECTION = re.compile(r"^    # -- (.+?) -*$|^    (\w+): ", re.MULTILINE)


def page() -> str:
    """The whole page."""
    lines = [_HEAD]
    for section, names in _sections():
        lines += [
            f"\n## {section.capitalize()}\n\n| name | default | bounds | meaning |\n|---|---|---|---|\n"
        ]
        lines += [_row(name, Settings.model_fields[name]) for name in names]
    return "".join(lines)


def _sections() -> list[tuple[str, list[str]]]:
    source = Path(module.__file__).read_text()
    source = source[source.index("class Settings") :]
    found: list[tuple[str, list[str]]] = []
    for match in _SECTION.finditer(source):
        section, name = match.groups()
        if section:
            found.append((section, []))
        elif name in Settings.model_fields:
            found[-1][1].append(name)
    return found


def _row(name: str, field: FieldInfo) -> str:
    default = "" if field.default is None else f"`{field.default}`"
    return f"| `{name}` | {default} | {_bounds(field)} | {field.description} |\n"


def _bounds(field: FieldInfo) -> str:
    words = []
    for bound in field.metadata:
        match bound:
            case Gt(gt=value):
                words.append(f"> {value}")
            case Ge(ge=value):
                words.append(f"≥ {value}")
            case Lt(lt=value):
                words.append(f"< {value}")
            case Le(le=value):
                words.append(f"≤ {value}")
            case _:
                words.append(str(bound))
    return ", ".join(words)


if __name__ == "__main__":
    PAGE.write_text(page())
