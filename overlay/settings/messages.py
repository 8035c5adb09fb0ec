"""What a message may be. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class MessagesSettings(BaseSettings):
    """What a message may be."""

    default_deadline_s: float = Field(
        30.0, gt=0, le=86400, description="How long a message is worth delivering, unless its sender says so"
    )
    reliable_deadline_s: float = Field(3600.0, gt=0, le=86400, description="The same for reliable messages")
    max_body_bytes: int = Field(
        512 * 1024, ge=1024, le=4 * 1024 * 1024, description="The largest body of a message"
    )
    subscribers_fresh_s: float = Field(
        5.0, ge=0, le=3600, description="How long a publisher believes who subscribes to a topic"
    )
    subscribers_known: int = Field(
        1000, ge=1, le=100_000, description="Of how many topics a process knows who subscribes"
    )
    publish_at_once: int = Field(
        64, ge=1, le=10_000, description="To how many subscribers of a topic a message is sent side by side"
    )
    clock_skew_s: float = Field(
        5.0, ge=0, le=300, description="By how much clocks of two machines may differ"
    )
