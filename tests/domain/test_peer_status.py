"""What operators see of a peer, put together from the registry and from every process of the gateway."""

from __future__ import annotations

from overlay.domain.peer_status import peer_status
from overlay.gateway.protocol import LineReport, LinkReport, Links
from overlay.registry.peers.protocol import Peer

PEER = Peer("b.example", b"", online=True, agents=3, heard_at=5.0)


def line(rtt_ms: float, *, used: bool = True, waiting: int = 0) -> LineReport:
    return LineReport(
        "s1", "tls://b:1", 1.0, used, rtt_ms, 0.1, 0, 1, 1, 7, 9, 100, 100, waiting, 0, 1.0, 0, ""
    )


def told(process: str, status: str, *lines: LineReport) -> Links:
    link = LinkReport(
        "b.example", bool(lines), f"{status} …", status, 4.0, f"why {status}", 0, ("s1",), {}, lines
    )
    return Links(process, (process,), (link,), {})


def test_lines_of_all_processes_are_one_peer() -> None:  # GW-5, GW-23
    links = [told("g1", "linked", line(3.0, waiting=2)), told("g2", "linked", line(1.0, used=False))]
    found = peer_status(PEER, links)
    assert (found.state, found.used, found.rtt_ms, found.waiting) == ("linked", 1, 1.0, 2)
    assert found.carried == (14, 18)
    assert [one.ours for one in found.lines] == ["g1", "g2"]


def test_a_peer_that_one_process_does_not_reach_is_degraded_and_says_why() -> None:  # GW-5
    found = peer_status(PEER, [told("g1", "linked", line(3.0)), told("g2", "offline")])
    assert (found.state, found.why) == ("degraded", "why offline")


def test_a_peer_that_refuses_us_says_so() -> None:  # GW-3
    assert peer_status(PEER, [told("g1", "refused")]).state == "refused"


def test_while_the_gateway_is_silent_the_registrys_word_is_shown() -> None:  # GW-5
    found = peer_status(PEER, [])
    assert (found.state, found.as_dict()["online"], found.agents) == ("online", True, 3)
