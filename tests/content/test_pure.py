"""Windows and modalities."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.content.media_type import check_media_type
from overlay.content.modality import TABLE, Modality, check_inline, compressible, handling_of, modality_of
from overlay.content.window import Window
from overlay.errors import BadInput, BadSettings, TooLarge
from overlay.naming.subjects import Class, Priority
from overlay.settings import Settings, load_settings

SETTINGS = Settings()


@settings(deadline=None, max_examples=100)
@given(st.integers(1, 64), st.lists(st.none() | st.floats(0, 100), max_size=80))
def test_a_window_keeps_its_bounds_whatever_happens(most: int, happened: list[float | None]) -> None:  # AG-8
    window = Window(most, 15.0)
    for round_trip_s in happened:
        if round_trip_s is None:
            window.lost()
        else:
            window.answered(round_trip_s)
        assert 1 <= window.room <= most
        assert 0 < window.timeout_s <= 15.0


def test_a_window_fills_a_long_way_and_leaves_short_queues_on_a_slow_one() -> None:  # AG-8
    far, slow = Window(64, 15.0), Window(64, 15.0)
    for _ in range(400):
        far.answered(0.1)  # nothing waits: the way holds more
        slow.answered(0.01 + 0.005 * slow.room)  # it carries a chunk in 5 ms, and the others wait
    assert far.room == 64
    assert 4 <= slow.room <= 16


@pytest.mark.parametrize(
    ("media_type", "live", "modality"),
    [
        ("text/plain; charset=utf-8", False, Modality.TEXT),
        ("application/json", False, Modality.STRUCTURED),
        ("application/vnd.overlay.file+json", False, Modality.STRUCTURED),
        ("text/csv", False, Modality.STRUCTURED),
        ("application/pdf", False, Modality.DOCUMENT),
        ("image/png", True, Modality.IMAGE),
        ("application/octet-stream", False, Modality.FILE),
        ("audio/ogg", False, Modality.AUDIO),
        ("audio/ogg", True, Modality.LIVE_AUDIO),
        ("video/mp4", False, Modality.VIDEO),
        ("video/h264", True, Modality.LIVE_VIDEO),
    ],
)
def test_modalities_are_told_apart_by_the_media_type(media_type: str, live: bool, modality: Modality) -> None:
    assert modality_of(media_type, live=live) is modality  # AG-8


def test_live_goes_before_files_and_each_has_its_own_policy() -> None:  # AG-8
    assert set(TABLE) == set(Modality)
    live, file = TABLE[Modality.LIVE_AUDIO], TABLE[Modality.FILE]
    assert (live.cls, live.priority, live.way) == (Class.REALTIME, Priority.HIGH, "stream")
    assert (file.priority, file.way) == (Priority.BULK, "file")
    assert compressible("application/octet-stream")
    assert not compressible("application/zip")
    assert not compressible("video/mp4")


def test_a_body_that_is_too_large_is_refused_with_the_way_it_can_go() -> None:  # AG-8
    check_inline("text/plain", 512 * 1024, SETTINGS)
    with pytest.raises(TooLarge, match=r"video goes with up to 65536 bytes.*offer_file.*fetch_file"):
        check_inline("video/mp4", 65537, SETTINGS)
    with pytest.raises(TooLarge, match=r"live-audio goes with up to 8192.*open_stream"):
        check_inline("audio/ogg", 8193, SETTINGS, live=True)


def test_an_operator_handles_a_modality_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:  # AG-8
    monkeypatch.setenv("OVERLAY_MODALITY_PRIORITY", '{"image": "high"}')
    monkeypatch.setenv("OVERLAY_MODALITY_INLINE_BYTES", '{"image": 10}')
    handling = handling_of(Modality.IMAGE, load_settings())
    assert (handling.priority, handling.inline_bytes) == (Priority.HIGH, 10)
    monkeypatch.setenv("OVERLAY_MODALITY_PRIORITY", '{"smell": "high"}')
    with pytest.raises(BadSettings, match="'smell' is no modality"):
        load_settings()


@pytest.mark.parametrize("text", ["", "text", "Text/Plain", "text/plain\nx", "a/b; c", "text/" + "x" * 300])
def test_what_is_no_media_type_is_refused(text: str) -> None:  # AG-8
    with pytest.raises(BadInput, match="not a media type"):
        check_media_type(text)
