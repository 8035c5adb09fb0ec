"""The pages of docs/: those that are named exist, all can be found from the README, none is half written."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *ROOT.glob("docs/**/*.md")])
SOURCES = [
    file for room in ("overlay", "bridges", "examples") for file in sorted(ROOT.glob(f"{room}/**/*.py"))
]
_NAMED = re.compile(r"\bdocs/[\w/.-]*\w")
_LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def linked(page: Path) -> set[Path]:
    """The files, and the folders' own pages, to which a page links."""
    found = {(page.parent / link).resolve() for link in _LINK.findall(page.read_text())}
    return {file / "README.md" if file.is_dir() else file for file in found}


def test_every_page_that_is_named_exists() -> None:
    named = {(file, path) for file in [*SOURCES, *PAGES] for path in _NAMED.findall(file.read_text())}
    assert not [f"{file}: {path}" for file, path in sorted(named) if not (ROOT / path).exists()]
    assert not [f"{page}: {file}" for page in PAGES for file in linked(page) if not file.exists()]


def test_every_page_can_be_found_from_the_readme() -> None:
    found, left = {ROOT / "README.md"}, [ROOT / "README.md"]
    while left:
        new = {file for file in linked(left.pop()) if file.suffix == ".md"} - found
        found |= new
        left += new
    assert not [str(page) for page in PAGES if page not in found]


def test_no_page_holds_a_placeholder() -> None:
    assert not [str(page) for page in PAGES if "@@" in page.read_text()]
