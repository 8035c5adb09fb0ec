"""Paths through the network, and the configuration that a plan means for each element. Pure."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Mapping
from typing import Any

from examples.installation.words import Plan

Links = Mapping[tuple[str, str], int]
"""Between which elements, and how many Mbit/s are free there."""
CORE = "bng-1"


def shortest_path(links: Links, start: str, end: str, mbps: int) -> list[str] | None:
    """The path with the fewest hops where so much is free everywhere; of equals the one with most room."""
    waiting = [(0, 0, start, [start])]
    seen: set[str] = set()
    while waiting:
        hops, tightness, here, path = heapq.heappop(waiting)
        if here == end:
            return path
        if here in seen:
            continue
        seen.add(here)
        for (one, other), free in links.items():
            if here in (one, other) and free >= mbps:
                there = other if here == one else one
                heapq.heappush(waiting, (hops + 1, max(tightness, -free), there, [*path, there]))
    return None


def hops(elements: list[str]) -> list[tuple[str, str]]:
    """The links of a path."""
    return list(itertools.pairwise(elements))


def data_of(domain: str, plan: Plan) -> dict[str, dict[str, Any]]:
    """What each element of one configuration domain has to hold for the plan."""
    service = {"vlan": plan.vlan, "mbps": plan.mbps}
    match domain:
        case "access":
            return {plan.elements[0]: {"port": plan.port, **service}}
        case "transport":
            return {element: dict(service) for element in plan.elements[1:-1]}
        case "core":
            return {plan.elements[-1]: {"address": plan.address, **service}}
        case "home":
            return {"home-router": {"address": plan.address, "telephone": plan.telephone}}
        case _:
            return {"accounts": {"mbps": plan.mbps}, "monitoring": {"address": plan.address}}
