"""Files that only their owner may read."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from overlay.errors import BadSettings
from overlay.private_files import check_private, private_folder, read_private, write_private


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_written_is_private_and_replaced_as_a_whole(tmp_path: Path) -> None:
    folder = private_folder(tmp_path / "a" / "b")
    file = folder / "secret"
    write_private(file, b"old and longer")
    write_private(file, b"new")
    assert (_mode(folder), _mode(file), read_private(file)) == (0o700, 0o600, b"new")
    assert list(folder.iterdir()) == [file], "no temporary file is left"


def test_a_file_that_others_may_read_is_refused_with_the_command_that_helps(tmp_path: Path) -> None:
    file = tmp_path / "secret"
    write_private(file, b"x")
    file.chmod(0o640)
    with pytest.raises(BadSettings, match=f"run `chmod 600 {file}`"):
        read_private(file)
    file.chmod(0o400)
    check_private(file)


def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "open"
    folder.mkdir()
    folder.chmod(0o755)
    with pytest.raises(BadSettings, match=f"run `chmod 700 {folder}`"):
        private_folder(folder)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="nowhere"):
        read_private(tmp_path / "nowhere")
