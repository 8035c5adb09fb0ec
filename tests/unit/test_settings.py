"""Settings: one place, the same names in environment, file and docs."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.errors import BadSettings
from overlay.settings import Settings, load_settings
from tests.settings_page import PAGE, page


def test_the_page_of_settings_is_the_one_that_the_source_makes() -> None:
    assert PAGE.read_text() == page(), "run `python -m tests.settings_page`"


def test_every_setting_says_what_it_is_for() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
    assert all(name in page() for name in Settings.model_fields)


def test_the_environment_goes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "overlay.toml"
    file.write_text("ack_wait_s = 7\nreader_queue = 5\n")
    monkeypatch.setenv("OVERLAY_ACK_WAIT_S", "8")
    settings = load_settings(file)
    assert (settings.ack_wait_s, settings.reader_queue) == (8, 5)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("ack_wait_s = -1\n", "ack_wait_s"),
        ("ack_wait_s = 'soon'\n", "ack_wait_s"),
        ("ack_wiat_s = 5\n", r"ack_wiat_s: no such setting \(did you mean ack_wait_s\?\)"),
        ("qqqqq = 5\n", r"qqqqq: no such setting\. docs"),
        ("ack_wait_s = \n", "TOML"),
    ],
)
def test_a_wrong_file_is_refused_by_the_name_of_what_is_wrong(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "overlay.toml"
    file.write_text(text)
    with pytest.raises(BadSettings, match=named):
        load_settings(file)


def test_a_missing_file_means_the_defaults(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "overlay.toml").ack_wait_s == Settings().ack_wait_s
