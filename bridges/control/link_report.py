"""How a link stands, in numbers, for the operator (GW-3, GW-5, GW-14)."""

from __future__ import annotations

import time

from bridges.links.line import Line
from bridges.links.link import Link
from overlay.gateway.protocol import LineReport, LinkReport


def link_report(link: Link) -> LinkReport:
    """Of now."""
    now = time.monotonic()
    losses = {address: path.last for address, path in link.losses.items() if path.recent(now) > 0.1}
    return LinkReport(
        domain=link.domain,
        online=link.online,
        state=link.state,
        status=str(link.life.state),
        since=link.life.since,
        why=link.life.why,
        refused=link.life.refused,
        processes=link.processes,
        lost=losses,
        lines=tuple(_line_report(line, now) for line in link.lines),
    )


def _line_report(line: Line, now: float) -> LineReport:
    carrier = line.carrier
    quality = carrier.quality
    return LineReport(
        process=line.process,
        address=line.address,
        since=line.since,
        used=line.usable and not line.doubtful,
        rtt_ms=round(quality.rtt_s * 1000, 3),
        jitter_ms=round(quality.jitter_s * 1000, 3),
        bytes_per_s=round(quality.rate(now)),
        frames_out=line.session.sent,
        frames_in=line.session.received,
        messages_out=carrier.messages["out"],
        messages_in=carrier.messages["in"],
        bytes_out=quality.bytes_out,
        bytes_in=quality.bytes_in,
        waiting=line.outgoing.waiting,
        unacknowledged=line.outgoing.unacknowledged,
        ratio=round(carrier.packing.ratio, 3),
        saved_bytes=carrier.packing.plain_bytes - carrier.packing.packed_bytes,
        last_loss=quality.losses.last,
    )
