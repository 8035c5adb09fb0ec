"""Where programs are, and what to install when they are not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from overlay.brokers.programs import find_nats_server, find_program
from overlay.errors import BadSettings


def test_the_packaged_nats_server_is_found_without_a_search_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert os.access(find_nats_server(), os.X_OK)


def test_a_missing_program_says_what_to_install() -> None:
    with pytest.raises(BadSettings, match="no-such-broker is not installed: run `make it`"):
        find_program("no-such-broker", install="run `make it`")


def test_a_given_path_that_is_no_program_is_named(tmp_path: Path) -> None:
    file = tmp_path / "nats-server"
    file.write_text("not executable")
    with pytest.raises(BadSettings, match="correct the setting"):
        find_nats_server(file)
