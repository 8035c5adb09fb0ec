"""The table of attacks is true: each row has tests, each test has a row, and the page shows the table."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from tests.attacks.attack import HERE, PROMISES
from tests.attacks.catalogue import ATTACKS
from tests.attacks.table import PAGE, page

ROOT = Path(__file__).parents[2]


@cache
def functions_in(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    nodes = ast.parse(path.read_text()).body
    functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return frozenset(function.name for function in functions if function.name.startswith("test_"))


def test_each_row_is_shown_by_tests_that_exist() -> None:
    missing = []
    for attack in ATTACKS:
        for node in attack.tests:
            file, _, name = node.partition("::")
            if name not in functions_in(file):
                missing.append(f"{attack.id}: {node}")
    assert not missing, "\n".join(missing)


def test_each_attack_in_this_folder_has_a_row() -> None:
    named = {node for attack in ATTACKS for node in attack.tests}
    files = sorted((ROOT / HERE).glob("test_*.py"))
    written = {f"{HERE}{file.name}::{name}" for file in files for name in functions_in(f"{HERE}{file.name}")}
    own = {node for node in written if node.startswith(f"{HERE}test_catalogue.py")}
    assert written - own - named == set()


def test_rows_have_names_of_their_own_and_say_what_they_attack() -> None:
    assert len({attack.id for attack in ATTACKS}) == len(ATTACKS)
    assert {attack.promise for attack in ATTACKS} == set(PROMISES)
    assert all(attack.tests and attack.where and attack.refusal for attack in ATTACKS)


def test_the_page_shows_the_table_as_it_is() -> None:
    text = PAGE.read_text()
    assert page(text) == text, "run `python -m tests.attacks.table`"
