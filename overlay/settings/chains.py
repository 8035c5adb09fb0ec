"""Chains. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class ChainSettings(BaseSettings):
    """Chains."""

    chain_bytes: int = Field(
        262_144, ge=1024, le=4_194_304, description="Size of a chain in JSON, as it is read or sent"
    )
    chain_steps: int = Field(200, ge=1, le=10_000, description="Steps of one chain, those in groups counted")
    chain_depth: int = Field(8, ge=1, le=32, description="Groups in groups, and conditions in conditions")
    chain_terms: int = Field(64, ge=1, le=1000, description="Comparisons in one condition")
    chain_attempts: int = Field(20, ge=1, le=1000, description="How often one step may be tried, at most")
    chain_tasks: int = Field(
        1000,
        ge=1,
        le=100_000,
        description="Tasks that a chain may start at worst: its steps in all rounds with all attempts",
    )
    chain_parallel: int = Field(16, ge=1, le=1000, description="Steps of one chain that run at one time")
    chains_running: int = Field(
        200, ge=1, le=100_000, description="Chains that one agent works through at one time"
    )
    chain_output_bytes: int = Field(
        1_048_576,
        ge=1024,
        le=67_108_864,
        description="What one step may give, or be given; larger things go as files",
    )
    chain_total_bytes: int = Field(
        16_777_216,
        ge=1024,
        le=1_073_741_824,
        description="What all steps of one chain may give; it is kept in memory while the chain runs",
    )
    chain_patience_s: float = Field(
        30.0,
        ge=0,
        le=86_400,
        description="How long a step waits for somebody who offers its skill, before it counts as failed",
    )
    chain_look_s: float = Field(
        1.0, gt=0, le=600, description="How often it is looked whether somebody offers a skill now"
    )
    chain_cancel_s: float = Field(
        30.0, gt=0, le=3600, description="How long the agent of a cancelled step may take to say how it ended"
    )
    chain_kept_days: float = Field(
        30.0, gt=0, le=3650, description="How long the record of a chain that ended is kept"
    )
    chain_takeover_s: float = Field(
        5.0,
        gt=0,
        le=600,
        description="How often an agent looks for chains of its own that no process of it works on",
    )
