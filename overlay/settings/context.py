"""How much context may go with a task. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class ContextSettings(BaseSettings):
    """How much context may go with a task (AG-6). What is larger goes as a file."""

    context_bytes: int = Field(
        256 * 1024, ge=1024, le=2 * 1024 * 1024, description="The largest context, all parts together"
    )
    context_parts: int = Field(100, ge=1, le=1000, description="Parts of one context at most")
    context_part_bytes: int = Field(
        128 * 1024, ge=256, le=2 * 1024 * 1024, description="The largest part, unless its kind has a limit"
    )
    context_kind_bytes: dict[str, int] = Field(
        default_factory=lambda: {"contact": 8 * 1024, "preferences": 32 * 1024},
        description="The largest part of a kind, by kind (JSON in the environment)",
    )
