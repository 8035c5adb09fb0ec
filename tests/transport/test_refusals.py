"""Who is refused again and again is shut out; who finds nobody there goes on."""

from __future__ import annotations

import pytest

from overlay.errors import Refused, Unreachable
from overlay.transport.refusals import Refusals


def test_only_refusals_in_a_row_end_it() -> None:
    refusals = Refusals("alice", 3)
    refused = Unreachable("it did not let alice in: nats: 'Authorization Violation'")
    for error in (refused, Refused("ACCESS_REFUSED"), Unreachable("Connection refused"), refused, refused):
        refusals.note(error)
    with pytest.raises(Unreachable, match=r"refused alice 3 times in a row.*revoked or has expired"):
        refusals.note(Unreachable("[SSL: SSLV3_ALERT_CERTIFICATE_REVOKED]"))
