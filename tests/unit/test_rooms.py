"""The rooms of the house: who may import what, and how long a file may be (docs/architecture.md)."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("overlay/**/*.py"), *ROOT.glob("bridges/**/*.py")])
TESTS = sorted(ROOT.glob("tests/**/*.py"))
PURE_ROOMS = ("overlay/naming", "overlay/wire", "overlay/trust", "overlay/policy")
IMPURE = {
    "asyncio",
    "dns",
    "nats",
    "aio_pika",
    "aiormq",
    "uvloop",
    "httpx",
    "sqlite3",
    "subprocess",
    "socket",
}
DRIVERS = {"nats": "nats", "aio_pika": "rabbitmq", "aiormq": "rabbitmq", "pamqp": "rabbitmq", "nkeys": "nats"}
ROOTS = {
    "overlay/transport/connect.py",
    "overlay/domain/broker_access.py",
    "overlay/domain/registry_content.py",
    "overlay/domain/registry_store.py",
}
EVERYWHERE = {"overlay", "overlay.errors", "overlay.clock", "overlay.settings", "bridges"}
LONGEST = 300


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def is_pure(path: Path) -> bool:
    said = (ast.get_docstring(ast.parse(path.read_text())) or "").split("\n\n")
    return name_of(path).startswith(PURE_ROOMS) or any(part.rstrip().endswith(" Pure.") for part in said)


def test_every_module_says_what_it_is_for() -> None:
    missing = [name_of(path) for path in SOURCES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert missing == []


def test_pure_modules_do_no_io() -> None:
    guilty = {
        name_of(path): wrong
        for path in SOURCES
        if is_pure(path) and (wrong := {name for name in imports(path) if name.split(".")[0] in IMPURE})
    }
    assert guilty == {}


def test_pure_modules_import_pure_modules_only() -> None:
    modules = {
        name_of(path).removesuffix(".py").removesuffix("/__init__").replace("/", "."): path
        for path in SOURCES
    }
    allowed = {module for module, path in modules.items() if is_pure(path)} | EVERYWHERE
    guilty = {
        name_of(path): wrong
        for path in SOURCES
        if is_pure(path)
        and (wrong := {name for name in imports(path) if name in modules and name not in allowed})
    }
    assert guilty == {}


def test_drivers_are_imported_by_their_own_adapters_only() -> None:
    guilty = [
        name_of(path)
        for path in SOURCES
        for name in imports(path)
        if (word := DRIVERS.get(name.split(".")[0])) and word not in path.name
    ]
    assert guilty == []


def test_only_composition_roots_name_a_concrete_broker() -> None:
    adapters = (
        "overlay.transport.nats",
        "overlay.transport.rabbitmq",
        "overlay.admission.nats",
        "overlay.admission.rabbitmq",
        "overlay.registry.storage.nats",
    )
    guilty = sorted(
        {
            name_of(path)
            for path in SOURCES
            for name in imports(path)
            if name.startswith(adapters)
            and not path.name.startswith(("nats", "rabbitmq"))
            and name_of(path) not in ROOTS
        }
    )
    assert guilty == []


def test_no_source_imports_the_tests() -> None:
    assert [
        name_of(path) for path in SOURCES if any(name.split(".")[0] == "tests" for name in imports(path))
    ] == []


def test_a_file_is_no_longer_than_a_reader_can_hold() -> None:
    lengths = {name_of(path): len(path.read_text().splitlines()) for path in [*SOURCES, *TESTS]}
    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}
