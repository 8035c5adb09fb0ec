"""Carriers beside the broker: HTTP. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class CarrierSettings(BaseSettings):
    """Carriers beside the broker: HTTP."""

    http_connections: int = Field(
        256, ge=1, le=100_000, description="Connections of clients that an agent's HTTP address has at once"
    )
    http_at_once: int = Field(
        64, ge=1, le=10_000, description="Requests that are handled at once, over all these connections"
    )
    http_per_party: int = Field(
        16, ge=1, le=10_000, description="Of these connections, those of one client's certificate"
    )
    http_lines: int = Field(
        8, ge=1, le=1000, description="Connections to one agent's HTTP address that a process has at once"
    )
    http_header_bytes: int = Field(
        16_384, ge=1024, le=262_144, description="The largest head of a request or answer"
    )
    http_slow_s: float = Field(
        10.0,
        gt=0,
        le=600,
        description="How long a handshake, a head, a body and taking an answer may take, each of them",
    )
    http_idle_s: float = Field(
        60.0, gt=0, le=3600, description="How long a connection is kept between two requests"
    )
    http_requests: int = Field(
        10_000, ge=1, le=1_000_000, description="Requests on one connection; then it is closed"
    )
    http_answer_s: float = Field(
        120.0, gt=0, le=3600, description="How long a request waits for its handler, at most"
    )
    http_again_s: float = Field(
        0.2, gt=0, le=60, description="Wait before a reliable message is brought again; doubled each time"
    )
    http_again_most_s: float = Field(5.0, gt=0, le=600, description="The longest such wait")
    http_refresh_s: float = Field(
        5.0,
        gt=0,
        le=3600,
        description="How often a server looks whether its own certificate or a domain's roots are others",
    )
    http_certificate_days: float = Field(
        30.0, gt=0, le=398, description="How long the server's self-signed certificate holds"
    )
