"""Who may call an agent. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class AccessSettings(BaseSettings):
    """Who may call an agent."""

    refusals_noted: int = Field(
        200, ge=1, le=100_000, description="The latest refused callers that an endpoint remembers, with why"
    )
    shown_limit: int = Field(8, ge=0, le=16, description="Credentials that are looked at in one message")
    shown_bytes: int = Field(
        65_536, ge=1024, le=262_144, description="The largest credentials of a message, together"
    )
    shown_callers: int = Field(
        1000, ge=1, le=100_000, description="Callers whose shown credentials an endpoint remembers"
    )
    shown_recheck_s: float = Field(
        5.0, ge=0, le=86400, description="After which a remembered credential is verified again: revocation"
    )
    policy_bytes: int = Field(
        32_768,
        ge=256,
        le=262_144,
        description="The largest access policy that the registry keeps of an agent",
    )
    sender_known_s: float = Field(
        600.0,
        gt=0,
        le=86400,
        description="After which an agent asks the registry again, beside its work, whether a sender of its "
        "own domain is registered",
    )
    sender_again_s: float = Field(
        1.0,
        gt=0,
        le=3600,
        description="The same of a sender that was not registered; it is refused meanwhile",
    )
    sender_wait_s: float = Field(
        2.0,
        gt=0,
        le=60,
        description="How long a sender's first message waits for a registry that does not say whether it is "
        "registered; then it is let in",
    )
