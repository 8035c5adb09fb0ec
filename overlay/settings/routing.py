"""Ways between domains. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class RoutingSettings(BaseSettings):
    """Ways between domains."""

    route_domains: int = Field(
        10_000, ge=1, le=1_000_000, description="Domains that one peer may tell us a way to; more are refused"
    )
    route_pause_s: float = Field(
        0.1, ge=0, le=60, description="Between two announcements of changes to a peer"
    )
    route_announcements_per_s: float = Field(
        50.0, gt=0, description="Announcements that one peer may send, on average; above it the line ends"
    )
    route_settle_s: float = Field(
        30.0,
        ge=0,
        le=3600,
        description="After a start or a change: what is not known may come, what was still counts",
    )
    route_lost_s: float = Field(
        3600.0,
        ge=0,
        description="How long one that was reached is waited for: reliable messages for it are kept",
    )
    route_learned_s: float = Field(
        300.0, gt=0, description="How long a way that a message took is taken for the way back"
    )
    route_learned: int = Field(10_000, ge=1, description="Such ways that are remembered")
    route_trace_s: float = Field(
        5.0, gt=0, le=60, description="How long answers of the gateways on a way are waited for"
    )
    route_traces: int = Field(
        64, ge=1, le=10_000, description="Traces under way in a process of the gateway, for all peers"
    )
    route_traces_per_s: float = Field(
        5.0, gt=0, description="Traces a second that one peer may send to a process of our gateway"
    )
