"""Domains that are no peers: looked up through gateways, believed on a pin or an introduction. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class FarSettings(BaseSettings):
    """Domains that are no peers: looked up through gateways, believed on a pin or an introduction."""

    far_timeout_s: float = Field(
        4.0,
        gt=0,
        le=60,
        description="How long a look-up of a far domain or agent may take, all hops together",
    )
    far_record_s: float = Field(
        60.0, gt=0, le=86400, description="How long what was found of a far agent is not asked for again"
    )
    far_records: int = Field(10_000, ge=1, le=1_000_000, description="Far agents that are remembered")
    far_unknown_s: float = Field(
        10.0, ge=0, le=3600, description="How long a far domain or agent that nobody knows is not asked for"
    )
    far_roots_s: float = Field(
        3600.0, gt=0, le=604800, description="How long an introduction counts after it was last repeated"
    )
    far_refresh_s: float = Field(
        60.0,
        gt=0,
        le=86400,
        description="Between two questions for the roots and revocations of a far domain that is in use: so "
        "long a certificate that it revoked may count here",
    )
    far_check_s: float = Field(
        300.0,
        gt=0,
        le=86400,
        description="Between two looks of an agent whether the domains that it believes are believed still: "
        "so long it goes on with the roots of one whose peering ended, or whose introduction lapsed",
    )
    far_domains: int = Field(
        1000, ge=1, le=100_000, description="Far domains that are believed, pinned and introduced"
    )
    far_denied: int = Field(
        10_000, ge=1, le=1_000_000, description="Revoked certificates of one far domain that are remembered"
    )
    far_lookups: int = Field(
        256, ge=1, le=100_000, description="Look-ups under way in a process of the gateway, for all peers"
    )
    far_lookups_per_s: float = Field(
        50.0, gt=0, description="Look-ups a second that one peer may ask of a process of our gateway"
    )
