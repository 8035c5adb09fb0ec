"""Flows of realtime messages that leave our domain: what `Outflow` decided, as long as
it would again. No I/O.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import msgspec

from bridges.border.border import Border
from bridges.flows.kept import Kept
from bridges.links.link import Link
from bridges.quality.caps import Caps
from bridges.routing.routes import Routes
from overlay.errors import BadInput
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.policy.border import BorderPolicy
from overlay.settings import Settings
from overlay.wire.envelope import Header, decode_header


class OutFlow(msgspec.Struct, frozen=True):
    """All of one subject, and either all answers or none."""

    sender: str
    to: str
    cls: Class
    priority: Priority
    link: Link
    weight: int
    capped: bool
    """Whether each message has to pass the caps."""
    policy: BorderPolicy
    routing: int
    capping: int


class Outward:
    """The subject says sender, receiver, class and priority; the policy of the border, the ways, the caps and
    the links are those of the flow, or it is void. What differs from message to message is looked at here.
    """

    def __init__(
        self,
        border: Border,
        caps: Caps,
        routes: Routes,
        links: Mapping[str, Link],
        settings: Settings,
        counters: Counter[str],
    ) -> None:
        self._border = border
        self._caps = caps
        self._routes = routes
        self._links = links
        self._largest = settings.max_payload_bytes // 8 * 7
        self._kept: Kept[tuple[str, bool], OutFlow] = Kept(settings.gateway_flows, counters)
        self._flows = self._kept.flows

    def find(self, subject: str, payload: bytes, now: float) -> tuple[Header, OutFlow] | None:
        """None: it has to take the whole way."""
        try:
            header = decode_header(payload)
        except BadInput:
            return None
        key = subject, header.slot != ""
        flow = self._flows.get(key)
        if flow is None:
            return None
        if (
            flow.policy is not self._border.policy
            or flow.routing != self._routes.version
            or flow.capping != self._caps.version
            or self._links.get(flow.link.domain) is not flow.link
        ):
            self._kept.void(key)
            return None
        if (
            header.sender != flow.sender
            or header.to != flow.to
            or header.priority is not flow.priority
            or header.cls is not flow.cls
            or header.deadline_ms / 1000 <= now
            or len(payload) > self._largest
        ):
            return None
        return header, flow

    def keep(self, subject: str, header: Header, link: Link, steady: float) -> None:
        """This one took the whole way, to this link, and nothing was against it."""
        if not self._routes.lasting(PartyId.parse(header.to).domain):
            return
        way = self._caps.way(header.sender, header.to, link.domain, steady)
        flow = OutFlow(
            header.sender,
            header.to,
            header.cls,
            header.priority,
            link,
            way.weight,
            bool(way.steps or way.critical),
            self._border.policy,
            self._routes.version,
            self._caps.version,
        )
        self._kept.keep((subject, header.slot != ""), flow)
