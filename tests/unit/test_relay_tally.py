"""What a relay measurement says of messages that are lost, come twice, or come out of order."""

from __future__ import annotations

from pathlib import Path

from overlay.bench.relay_tally import Arrived, Stamper, Tally


def test_a_tally_tells_lost_messages_from_late_ones_and_from_those_that_come_twice(tmp_path: Path) -> None:
    arrived = Arrived(Arrived.make(tmp_path / "arrived"))
    stamper, tally = Stamper(300), Tally(arrived)
    bodies = [stamper.next() for _ in range(6)]
    for number in (0, 2, 1, 4, 4):  # 1 is late, 4 comes twice, 3 and 5 never
        tally.take(bodies[number])
    assert {len(body) for body in bodies} == {300}
    assert arrived.count == 5
    told = tally.report()
    assert (told.received, told.duplicates, told.misordered) == (4, 1, 1)
    assert len(told.latencies) == 5
    assert tally.report().received == 0
