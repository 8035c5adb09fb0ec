"""The registry: profiles, heartbeats, answers. Pure."""

from __future__ import annotations

from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class RegistrySettings(BaseSettings):
    """The registry: profiles, heartbeats, answers."""

    heartbeat_s: float = Field(30.0, gt=0, le=3600, description="Between heartbeats of an agent")
    heartbeat_retry_s: float = Field(
        3.0, gt=0, description="After which an agent tries again when the registry did not hear its heartbeat"
    )
    farewell_s: float = Field(
        2.0,
        gt=0,
        le=60,
        description="How long an agent that leaves waits for the registry to hear that it goes",
    )
    heartbeat_misses: int = Field(
        3, ge=1, le=100, description="Heartbeats missing in a row after which an agent counts as offline"
    )
    registry_sweep_s: float = Field(5.0, gt=0, le=3600, description="Between looks for silent agents")
    registry_page: int = Field(
        100, ge=1, le=1000, description="Records in one answer of `find`, `changes` and `peers`"
    )
    registry_page_bytes: int = Field(
        256 * 1024, ge=65536, le=4 * 1024 * 1024, description="Bytes of records in one such answer"
    )
    registry_watch_s: float = Field(
        20.0, ge=0, le=300, description="The longest that `changes` waits for something to change"
    )
    registry_watchers: int = Field(64, ge=1, le=1000, description="How many may wait like that at once")
    registry_answer_age_s: float = Field(
        60.0, gt=0, le=86400, description="Up to what age a signed answer of the registry is believed"
    )
    registry_peers: int = Field(1000, ge=1, le=100000, description="Domains that ours is peered with")
    registry_export: Literal["allow", "deny"] = Field(
        "allow",
        description="What registries of peers hear of agents of ours when no export policy says it: all that "
        "their owners consent to, or nothing",
    )
    registry_foreign_records: int = Field(
        20000, ge=1, le=1000000, description="Agents of one peer that the registry remembers"
    )
    registry_foreign_denied: int = Field(
        100_000,
        ge=1,
        le=10_000_000,
        description="Revoked certificates of one peer that are remembered; who has more is not followed",
    )
    registry_recovery_days: float = Field(
        30.0,
        ge=0,
        le=3650,
        description="How long the entry of a revoked agent is kept, to be put back if that was wrong",
    )
    registry_decisions: int = Field(
        20, ge=1, le=1000, description="How often a change is decided again when another process was quicker"
    )
    registry_conflict_s: float = Field(
        0.02, ge=0, le=1, description="Up to how long it waits before that; longer each time"
    )
    registry_pulse_names: int = Field(
        10_000,
        ge=100,
        le=20_000,
        description="Agents that were heard, in one entry by which a process of the registry tells others",
    )
    profile_text: int = Field(
        2000, ge=100, le=20000, description="Characters of a description or of a skill's abstract"
    )
    profile_word: int = Field(120, ge=40, le=1000, description="Characters of every other field of a profile")
    profile_items: int = Field(32, ge=1, le=256, description="Items of each list of a profile")
    profile_bytes: int = Field(32 * 1024, ge=4096, le=65536, description="Bytes of a whole profile")
