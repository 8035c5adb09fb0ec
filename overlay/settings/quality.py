"""How senders hold back, and qualities. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class QualitySettings(BaseSettings):
    """Holding back from who is overloaded; the qualities of sessions and tasks."""

    pace_wait_s: float = Field(
        2.0, ge=0, le=3600, description="How long sending waits at most for a receiver that was overloaded"
    )
    pace_least_per_s: float = Field(
        1.0, gt=0, le=1000, description="Messages a second that are sent to whoever is overloaded, at least"
    )
    pace_more_per_s: float = Field(
        5.0, gt=0, le=10_000, description="By how much that grows each second without another refusal"
    )
    pace_forget_s: float = Field(
        30.0, gt=0, le=3600, description="After so long without a refusal nothing is held back any more"
    )
    takes_retry_s: float = Field(
        0.25, ge=0, le=60, description="How long a caller is asked to wait whom `takes_at_once` turned away"
    )
    qualities_kept: int = Field(
        10_000, ge=1, description="Qualities of sessions and tasks that a process knows, by party and name"
    )
