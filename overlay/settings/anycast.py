"""Whom an agent asks of several that have a skill. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class AnycastSettings(BaseSettings):
    """Whom an agent asks of several that have a skill."""

    anycast_candidates: int = Field(
        16, ge=1, le=100, description="Agents with a skill that are weighed before one is asked"
    )
    anycast_fresh_s: float = Field(
        2.0,
        ge=0,
        le=300,
        description="How long candidates, and what they said of their load, are taken as known",
    )
    anycast_hop_ms: float = Field(
        20.0, ge=0, le=10_000, description="What a border on the way is reckoned to cost, until it was seen"
    )
    anycast_avoid_s: float = Field(
        5.0, ge=0, le=3600, description="How long one that failed is passed over; doubles with each failure"
    )
    anycast_observed: int = Field(
        10_000, ge=1, description="Agents of which an agent remembers how they served"
    )
    anycast_tasks: int = Field(10_000, ge=1, description="Tasks of which an agent remembers who has them")
