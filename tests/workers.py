"""Which tests stay together when several processes run them (`make test`: `-n 2 --dist loadscope`).

What is started once for many tests is started once by each process that runs one of them. So the files that
share RabbitMQ or linked domains stay in one process; all others are dealt out one by one (the one domain of
tests/live_domain.py is soon up, so that each process has its own). What takes longest
comes first, so that no process ends long after the other.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

_TOGETHER = {
    "tests/integration/test_demo": "",
    "tests/integration/test_rollover": "",
    "tests/integration/": "four domains",
    "tests/attacks/": "two domains under attack",
    "tests/far/test_far_live": "three domains",
    "tests/far/test_row_live": "three domains",
    "tests/transport/": "RabbitMQ",
    "tests/conformance/": "RabbitMQ",
    "tests/admission/test_rabbitmq": "RabbitMQ",
}
"""Beginnings of the paths of files, and what these files share; nothing: each file is for itself. The first
that fits counts.
"""
_LONGEST = (
    "four domains",
    "RabbitMQ",
    "three domains",
    "tests/cli/test_tutorial.py",
    "tests/integration/test_demo.py",
    "tests/integration/test_rollover_federated.py",
    "tests/integration/test_rollover_live.py",
    "tests/deployment/test_federation.py",
    "two domains under attack",
    "tests/cli/test_readme.py",
    "tests/cli/test_ca_requests.py",
    "tests/cli/test_bench_commands.py",
)


def shared_by(nodeid: str) -> str:
    """What the tests of this file share with those of others; else the file itself."""
    file = nodeid.partition("::")[0]
    found = next((what for beginning, what in _TOGETHER.items() if file.startswith(beginning)), "")
    return found or file


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Asked in the process that deals out tests; None: as xdist does it."""
    if config.getoption("dist") != "loadscope":
        return None
    config.option.loadscopereorder = False
    dealing = LoadScopeScheduling(config, log)
    dealing._split_scope = shared_by
    return dealing


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """In each process that runs tests: the order in which they are dealt out."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: _rank(shared_by(item.nodeid)))


def _rank(group: str) -> int:
    return _LONGEST.index(group) if group in _LONGEST else len(_LONGEST)
