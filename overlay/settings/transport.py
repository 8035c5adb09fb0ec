"""Connections, readers and what brokers keep. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class TransportSettings(BaseSettings):
    """Connections, readers and what brokers keep."""

    connect_timeout_s: float = Field(10.0, gt=0, description="For one attempt to reach a broker")
    reconnect_limit_s: float = Field(
        120.0, ge=0, description="How long a lost broker is tried again before giving up"
    )
    reconnect_refusals: int = Field(
        16,
        ge=1,
        le=1000,
        description="After how many refused logins in a row a party gives up, since it is shut out; a broker "
        "whose domain lets nobody in for a while (no CA, no admission) refuses as well",
    )
    reconnect_refused_s: float = Field(
        20.0,
        ge=0,
        le=3600,
        description="How long logins must have been refused, one and all, before a party gives up for that: "
        "longer than a domain takes to start again",
    )
    reconnect_wait_s: float = Field(
        0.5, gt=0, description="Between attempts at most; random, and doubled up to twenty times this"
    )
    publish_timeout_s: float = Field(
        10.0, gt=0, description="How long a realtime publish waits for room or a connection"
    )
    store_timeout_s: float = Field(
        10.0, gt=0, description="How long a broker may take to confirm a stored message"
    )
    drain_timeout_s: float = Field(5.0, gt=0, description="How long closing may take")
    reader_queue: int = Field(
        8192,
        ge=1,
        description="Realtime messages waiting for a handler, per reader; more are dropped and counted",
    )
    stored_in_flight: int = Field(
        512, ge=1, le=4096, description="Stored messages taken and not yet settled, per reader"
    )
    ack_wait_s: float = Field(
        3.0,
        gt=0,
        description="After which a stored message whose reader was lost is delivered again (NATS); readers "
        "say three times as often that they have it",
    )
    redelivery_wait_s: float = Field(
        1.0,
        gt=0,
        le=60,
        description="Before a stored message whose handler failed is delivered again; doubled with each "
        "attempt, up to 64 times this",
    )
    max_payload_bytes: int = Field(
        1024 * 1024, ge=65536, le=8 * 1024 * 1024, description="The largest broker message"
    )
    store_max_age_s: float = Field(
        86400.0, gt=0, description="The longest that a broker keeps a stored message"
    )
    store_max_bytes: int = Field(
        1024 * 1024 * 1024,
        ge=1024 * 1024,
        description="The room for stored messages of a domain (NATS) or a mailbox (RabbitMQ)",
    )
    store_sweep_s: float = Field(
        10.0, gt=0, description="Between two looks of the domain for settled messages to let go of (NATS)"
    )
    duplicate_window_s: float = Field(
        120.0, gt=0, description="How long the broker knows message IDs again (NATS)"
    )
    nats_ping_s: float = Field(
        10.0, gt=0, description="Between pings to nats-server; two without an answer are a lost connection"
    )
    nats_idle_consumer_s: float = Field(
        30 * 86400.0,
        ge=3600,
        description="After so long without a reader, a mailbox keeps nothing any more until it is made again "
        "(NATS)",
    )
    nats_max_consumers: int = Field(
        20_000, ge=1, description="How many mailboxes of a domain may keep stored messages (NATS)"
    )
