"""The nemesis. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class ChaosSettings(BaseSettings):
    """The nemesis, `overlay chaos`."""

    chaos_deadline_s: float = Field(
        90.0, gt=0, le=86400, description="Deadline of the reliable messages that `overlay chaos` sends"
    )
    chaos_allowance_s: float = Field(
        20.0,
        ge=0,
        le=3600,
        description="How long after it a message may still arrive, or be told as undelivered",
    )
    chaos_ask_s: float = Field(5.0, gt=0, le=600, description="How long a question of `overlay chaos` waits")
    chaos_effect_s: float = Field(
        0.005, ge=0, le=60, description="How long a receiver goes on after its effect, before it is done"
    )
    chaos_ready_s: float = Field(
        90.0,
        gt=0,
        le=3600,
        description="After which its agents must reach each other, before anything is broken",
    )
    chaos_again_s: float = Field(
        1.0, ge=0, le=600, description="Before an agent that was killed is started again"
    )
    chaos_delay_s: float = Field(0.15, ge=0, le=60, description="How late a slow link is")
    chaos_jitter_s: float = Field(0.1, ge=0, le=60, description="How much later at most, by chance")
    chaos_bytes_per_s: float = Field(
        128 * 1024, ge=1024, description="How much passes a slow link, each way, in each connection"
    )
    chaos_observe_s: float = Field(
        2.0, gt=0, le=600, description="How often an observer tries to read what others get"
    )
