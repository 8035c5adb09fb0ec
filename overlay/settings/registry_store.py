"""Where the registry's state lies, and how many processes serve it. Pure."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings


class RegistryStoreSettings(BaseSettings):
    """Where the registry's state lies, and how many processes serve it."""

    registry_store: Literal["sqlite", "jetstream"] = Field(
        "sqlite", description="`sqlite`: a file, for one process; `jetstream`: a NATS bucket, for several"
    )
    registry_replicas: int = Field(
        1, ge=1, le=4, description="Processes of the registry that `overlay up` starts here; all answer"
    )
    registry_in_gateway: bool = Field(
        False, description="The registry runs inside the gateway's process, for a small domain (REG-8)"
    )
    registry_store_url: str = Field(
        "",
        description="tls://host:port of the NATS server with the bucket; unset: the domain's own nats-server",
    )
    registry_store_ca: Path | None = Field(
        None, description="Certificate (PEM) that this server is trusted by; unset: the domain's CA"
    )
    registry_store_credentials: Path | None = Field(
        None,
        description='What it lets us in by: a `.creds` file of nats, or a JSON file {"user", "password"}',
    )
    registry_store_certificate: Path | None = Field(
        None,
        description="Certificate and key (PEM, one file) for TLS with this server; unset: the registry's own",
    )
    registry_store_bucket: str = Field(
        "registry", pattern=r"^[A-Za-z0-9_-]{1,60}$", description="Name of the bucket, one for each domain"
    )
    registry_store_replicas: int = Field(
        1, ge=1, le=5, description="Servers of a NATS cluster that keep the bucket: 3 survive the loss of one"
    )
    registry_store_max_bytes: int = Field(
        2 * 1024 * 1024 * 1024,
        ge=1024 * 1024,
        description="The most that the bucket may hold, audit log included; then nothing is written any more",
    )
    registry_store_timeout_s: float = Field(
        5.0, gt=0, le=60, description="How long the bucket's server may take for one answer"
    )
    registry_store_settle_s: float = Field(
        10.0,
        gt=0,
        le=120,
        description="After a lost connection, how long a change is settled by looking before it is refused",
    )
    registry_store_heartbeat_s: float = Field(
        2.0, gt=0, le=60, description="Between signs of life of the bucket's feed; after three it is renewed"
    )
    registry_ask_again_s: float = Field(
        2.0,
        gt=0,
        le=60,
        description="Without an answer of the registry for so long a question is asked again, of any process",
    )
    registry_forget_days: float = Field(
        30.0,
        ge=1,
        le=3650,
        description="How long deletions are remembered at least; a peer that was away longer begins anew",
    )
    registry_audit_buffer: int = Field(
        10_000, ge=16, le=1_000_000, description="Audit entries of mere questions that may wait to be written"
    )
