"""What is late is told although clocks differ."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.streams.frame import (
    Beat,
    Casting,
    End,
    Frame,
    Seen,
    decode,
    encode_frame,
    encode_talk,
)
from overlay.streams.quality import quality_of, worst
from overlay.streams.timing import Timing

small = st.floats(0.001, 0.05)


@settings(deadline=None, max_examples=100)
@given(st.floats(-1000, 1000), small, small)
def test_the_other_clock_is_known_to_half_of_the_way_there_and_back(
    ahead: float, there: float, back: float
) -> None:  # AG-8
    timing = Timing()
    timing.compared(10.0, 10.0 + there + ahead, 10.0 + there + ahead, 10.0 + there + back)
    assert timing.ahead_s is not None
    assert abs(timing.ahead_s - ahead) <= (there + back) / 2 + 1e-9
    captured = timing.arrived(20.0 + ahead, 20.0 + there)
    assert abs(captured - 20.0) <= (there + back) / 2 + 1e-9


def test_without_a_comparison_the_quickest_frame_is_the_measure() -> None:  # AG-8
    timing = Timing()
    assert timing.arrived(1000.0, 1.0) == 1.0
    assert round(timing.arrived(1000.1, 1.3), 6) == 1.1
    assert timing.jitter_s > 0


def test_the_share_that_was_missed_is_that_since_the_last_word() -> None:  # AG-8
    before, now = Seen(received=90, lost=10), Seen(received=180, lost=15, late=5)
    quality = quality_of(now, before)
    assert quality.missed_share == 0.1
    assert not quality.good
    assert worst([quality_of(Seen(1), Seen()), quality]).missed_share == 0.1
    assert worst([]).listeners == 0


@settings(deadline=None, max_examples=50)
@given(
    st.binary(max_size=50),
    st.integers(1, 1 << 40),
    st.integers(0, 1 << 50),
    st.binary(min_size=16, max_size=16),
)
def test_frames_and_words_are_read_as_they_were_written(
    data: bytes, number: int, micros: int, stream: bytes
) -> None:  # AG-8
    frame = Frame(data, number, micros / 1e6)
    found, read = decode(encode_frame(stream, frame))
    assert found == stream
    assert isinstance(read, Frame)
    assert (read.data, read.number) == (data, number)
    assert abs(read.captured - frame.captured) <= 2e-6
    for talk in (Beat("s", micros), End(number, "why"), Casting("s", 1, "audio/opus", 200, "g", {"a": "b"})):
        assert decode(encode_talk(stream, talk)) == (stream, talk)
