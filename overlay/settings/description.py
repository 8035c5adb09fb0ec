"""Agent Description documents. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class DescriptionSettings(BaseSettings):
    """Agent Description documents and A2A agent cards."""

    description_bytes: int = Field(
        128 * 1024, ge=1024, le=4 * 1024 * 1024, description="The largest description that is read"
    )
    description_depth: int = Field(
        12, ge=6, le=16, description="How deep objects and lists of a description may be nested"
    )
    description_days: float = Field(
        30.0,
        gt=0,
        le=365,
        description="How long the proof of a description counts; it ends with the certificate at the latest",
    )
