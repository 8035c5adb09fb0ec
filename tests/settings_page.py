"""Writes docs/settings.md from `overlay/settings/`: `python -m tests.settings_page`."""

from __future__ import annotations

from pathlib import Path

from annotated_types import Ge, Gt, Le, Lt
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from overlay.settings import Settings

PAGE = Path(__file__).parents[1] / "docs" / "settings.md"
_HEAD = """# Settings

Every limit and time, made from `overlay/settings/` by `python -m tests.settings_page`. Write `name = value`
into the domain's `overlay.toml`, or set `OVERLAY_NAME=value` (upper case) in the environment, which goes
first. Times are seconds (`_s`), sizes bytes (`_bytes`). A value outside its bounds is refused with its name.
"""


def page() -> str:
    """The whole page."""
    lines = [_HEAD]
    for section, names in _sections():
        lines += [f"\n## {section}\n\n| name | default | bounds | meaning |\n|---|---|---|---|\n"]
        lines += [_row(name, Settings.model_fields[name]) for name in names]
    return "".join(lines)


def _sections() -> list[tuple[str, list[str]]]:
    """Each base of `Settings` is a section, and says in its docstring what it is about."""
    bases = [base for base in Settings.__bases__ if issubclass(base, BaseSettings)]
    return [((base.__doc__ or "").rstrip("."), list(base.__annotations__)) for base in bases]


def _row(name: str, field: FieldInfo) -> str:
    usual = field.get_default(call_default_factory=True)
    default = "" if usual is None else f"`{usual}`"
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
