"""Who is refused again and again is shut out; who finds nobody there goes on."""

from __future__ import annotations

import pytest

from overlay.errors import Refused, Unreachable
from overlay.settings import Settings
from overlay.transport.refusals import Refusals
from tests.ca.office import TurnedClock

SHUT_OUT = Unreachable("it did not let alice in: nats: 'Authorization Violation'")


def test_only_refusals_in_a_row_end_it() -> None:
    refusals = Refusals("alice", Settings(reconnect_refusals=3, reconnect_refused_s=0), TurnedClock())
    gone = Unreachable("Connection refused")
    for error in (SHUT_OUT, Refused("ACCESS_REFUSED"), gone, SHUT_OUT, SHUT_OUT):
        refusals.note(error)
    with pytest.raises(Unreachable, match=r"refused alice 3 times in a row.*revoked or has expired"):
        refusals.note(Unreachable("[SSL: SSLV3_ALERT_CERTIFICATE_REVOKED]"))


def test_a_domain_that_starts_again_within_the_time_ends_nobody() -> None:
    clock = TurnedClock()
    refusals = Refusals("alice", Settings(reconnect_refusals=3, reconnect_refused_s=20), clock)
    for _ in range(100):
        refusals.note(SHUT_OUT)
        clock.now += 0.15  # seconds: 15 in all
    refusals.note(Unreachable("Connection refused"))
    for _ in range(3):
        refusals.note(SHUT_OUT)
    clock.now += 20
    with pytest.raises(Unreachable, match="refused alice 4 times in a row"):
        refusals.note(SHUT_OUT)
