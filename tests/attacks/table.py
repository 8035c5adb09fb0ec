"""`python -m tests.attacks.table`: the table of attacks, written into docs/security.md."""

from __future__ import annotations

from pathlib import Path

from tests.attacks.attack import BOTH, PROMISES, Attack
from tests.attacks.catalogue import SECTIONS

PAGE = Path(__file__).parents[2] / "docs" / "security.md"
BEGIN = "<!-- the table of attacks: `python -m tests.attacks.table` writes what follows -->\n"
END = "<!-- end of the table -->\n"


def table() -> str:
    """In Markdown, a section after the other."""
    return "\n".join(_section(title, attacks) for title, attacks in SECTIONS.items())


def page(text: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def _section(title: str, attacks: tuple[Attack, ...]) -> str:
    lines = [f"### {title}\n", "| attack | on | what becomes of it | shown by |", "|---|---|---|---|"]
    return "\n".join((*lines, *(_row(attack) for attack in attacks), ""))


def _row(attack: Attack) -> str:
    where = "both brokers" if attack.where == BOTH else ", ".join(attack.where)
    return f"| `{attack.id}`: {attack.tries} | {where} | {attack.refusal} | {_files(attack)} |"


def _files(attack: Attack) -> str:
    files = dict.fromkeys(node.partition("::")[0].removeprefix("tests/") for node in attack.tests)
    return ", ".join(f"`{file}`" for file in files)


def main() -> None:
    """Write it."""
    assert all(attack.promise in PROMISES for section in SECTIONS.values() for attack in section)
    PAGE.write_text(page(PAGE.read_text()))


if __name__ == "__main__":
    main()
