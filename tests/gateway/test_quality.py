"""What is measured of a line, which lines are chosen by it, and when compression pays."""

from __future__ import annotations

from dataclasses import dataclass

from bridges.frames.frame import Summary, decode_frame
from bridges.frames.packing import Packing
from bridges.links.choice import Choice
from bridges.links.quality import PathLosses, Quality
from overlay.settings.paths import Spread


@dataclass(eq=False)
class FakeLine:
    place: str
    score: float
    usable: bool = True
    doubtful: bool = False


def test_a_missing_answer_makes_a_line_worse_before_it_comes() -> None:  # GW-14
    quality = Quality(PathLosses(), 0.0)
    quality.probed(1.0)
    quality.heard(10, 1.01)
    quality.echoed(1.0, 1.01)
    good = quality.score(2.0)
    quality.sent(0, 100, 3.0, answered=True)
    assert quality.score(4.0) == 1.0 > good
    assert quality.doubtful(0.5, 4.0)
    quality.heard(10, 4.1)
    quality.acknowledged(1, 4.1)
    assert not quality.doubtful(0.5, 9.0)


def test_whoever_answers_anything_is_not_doubted() -> None:  # GW-14
    quality = Quality(PathLosses(), 0.0)
    quality.sent(0, 100, 1.0, answered=True)
    quality.heard(10, 1.5)
    assert not quality.doubtful(0.5, 9.0)


def test_lost_sessions_count_against_a_way_and_less_with_time() -> None:  # GW-14
    losses = PathLosses()
    losses.lost("cut", 0.0)
    losses.lost("cut", 0.0)
    assert losses.recent(0.0) == 2
    assert 0 < losses.recent(600.0) < 0.01


def test_the_best_line_is_kept_until_another_is_much_better() -> None:  # GW-14
    one, other = FakeLine("1", 0.100), FakeLine("2", 0.200)
    choice: Choice[FakeLine] = Choice(Spread.OFF)
    choice.look([one, other])
    assert choice.good == (one,)
    other.score = 0.080
    choice.look([one, other])
    assert choice.best is one
    other.score = 0.020
    choice.look([one, other])
    assert choice.best is other


def test_streams_stay_on_their_line_and_all_good_lines_are_used() -> None:  # GW-14
    lines = [FakeLine(str(number), 0.1) for number in range(3)]
    choice: Choice[FakeLine] = Choice(Spread.BY_STREAM)
    choice.look(lines)
    streams = [(f"a{number}", "b") for number in range(60)]
    first = [choice.line(*stream) for stream in streams]
    assert first == [choice.line(*stream) for stream in streams]
    assert len({id(line) for line in first}) == 3
    lines[1].score = 1.0
    choice.look(lines)
    assert lines[1] not in choice.good


def test_a_silent_line_is_used_when_there_is_no_other() -> None:  # GW-14
    silent, other = FakeLine("1", 0.1, doubtful=True), FakeLine("2", 5.0)
    choice: Choice[FakeLine] = Choice(Spread.ALL)
    choice.look([silent, other])
    assert choice.good == (other,)
    other.usable = False
    choice.look([silent, other])
    assert choice.line("a", "b") is silent


def test_frames_are_compressed_on_slow_lines_while_it_pays() -> None:  # GW-14
    text = (Summary(b"the same words again and again " * 1000),)
    packing = Packing(1000)
    assert len(packing.frame(text, slow=False)) > 30_000
    frame = packing.frame(text, slow=True)
    assert len(frame) < 1000
    assert decode_frame(frame, 100_000) == text
    assert 0 < packing.ratio < 1
