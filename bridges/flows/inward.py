"""Flows of realtime messages for agents of ours: what `Inflow` decided, as long as it would again. No I/O."""

from __future__ import annotations

from collections import Counter

import msgspec

from bridges.border.arrival import Arrival
from bridges.border.border import Border
from bridges.border.exported import Exported
from bridges.border.review import Attached
from bridges.border.roster import Roster
from bridges.flows.kept import Kept
from bridges.frames.frame import Message
from bridges.quality.caps import Caps
from overlay.errors import BadInput
from overlay.naming.subjects import Class, Priority
from overlay.policy.border import BorderPolicy
from overlay.settings import Settings
from overlay.wire.envelope import Header, decode_header

Key = tuple[str, str, str, str]


class InFlow(msgspec.Struct, frozen=True):
    """All of one sender to one receiver, of one priority, that the sender's own domain brings."""

    name: str
    subject: str
    path: tuple[str, ...]
    priority: Priority
    attached: Attached
    capped: bool
    """Whether each message has to pass the caps."""
    policy: BorderPolicy
    capping: int
    exporting: int


class Inward:
    """The policy of the border, the caps, what we export and the receiver are those of the flow, or it is
    void. What differs from message to message is looked at here, but for the rate of the link and the caps.
    """

    def __init__(
        self,
        border: Border,
        caps: Caps,
        roster: Roster,
        exported: Exported,
        settings: Settings,
        counters: Counter[str],
    ) -> None:
        self._border = border
        self._caps = caps
        self._roster = roster
        self._exported = exported
        self._hops = settings.gateway_hops
        self._skew_s = settings.clock_skew_s
        self._kept: Kept[Key, InFlow] = Kept(settings.gateway_flows, counters)
        self._flows = self._kept.flows

    def find(self, peer: str, message: Message, now: float) -> tuple[Header, InFlow] | None:
        """None: it has to take the whole way."""
        if message.number or message.cast or message.hops < 1:
            return None
        try:
            header = decode_header(message.envelope)
        except BadInput:
            return None
        key = peer, header.sender, header.to, header.slot + header.priority
        flow = self._flows.get(key)
        if flow is None:
            return None
        if (
            flow.policy is not self._border.policy
            or flow.capping != self._caps.version
            or flow.exporting != self._exported.version
            or self._roster.get(flow.name) is not flow.attached
            or not self._roster.knows(flow.name)
        ):
            self._kept.void(key)
            return None
        if (
            message.path != flow.path
            or header.priority is not flow.priority
            or message.priority is not flow.priority
            or header.cls is not Class.REALTIME
            or message.cls is not Class.REALTIME
            or now + message.left_ms / 1000 <= now
            or header.deadline_ms / 1000 + self._skew_s <= now
        ):
            return None
        return header, flow

    def keep(self, peer: str, message: Message, arrival: Arrival, steady: float) -> None:
        """This one took the whole way, and was published."""
        header, attached = arrival.header, self._roster.get(arrival.to)
        if attached is None or message.number or len(message.path) > 1 or self._hops < 1:
            return
        if attached.access.asks_attributes and not header.slot:
            return  # each one's certificate is looked at
        way = self._caps.way(header.sender, header.to, peer, steady)
        flow = InFlow(
            arrival.to,
            arrival.subject,
            message.path,
            header.priority,
            attached,
            bool(way.steps or way.critical),
            self._border.policy,
            self._caps.version,
            self._exported.version,
        )
        self._kept.keep((peer, header.sender, header.to, header.slot + header.priority), flow)
