"""RabbitMQ: starting a node, and the transport over it. Pure."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings


class RabbitMQSettings(BaseSettings):
    """RabbitMQ: starting a node, and the transport over it."""

    rabbitmq_server: Path | None = Field(
        None, description="The rabbitmq-server script to start; else the one of the system's package"
    )
    rabbitmq_start_timeout_s: float = Field(
        100.0, gt=0, description="How long a RabbitMQ node may take until it answers; 6 to 12 s are usual"
    )
    rabbitmq_stop_timeout_s: float = Field(
        30.0, gt=0, description="After which a RabbitMQ node that was told to stop is killed"
    )
    rabbitmq_memory_share: float = Field(
        0.4, gt=0, lt=1, description="The share of the machine's memory above which RabbitMQ stops publishers"
    )
    rabbitmq_disk_free_bytes: int = Field(
        50 * 1024 * 1024, ge=1024 * 1024, description="Free disk below which RabbitMQ stops publishers"
    )
    rabbitmq_channel_max: int = Field(64, ge=4, le=2047, description="Channels of one connection to RabbitMQ")
    rabbitmq_party_channels: int = Field(
        1024,
        ge=16,
        description="Channels that an agent, a newcomer or a peer's gateway may have in all its connections",
    )
    rabbitmq_consumer_timeout_s: float = Field(
        1800.0, ge=60, description="After which RabbitMQ closes a channel that holds an unsettled message"
    )
    management_timeout_s: float = Field(
        10.0, gt=0, description="For one request to RabbitMQ's management interface"
    )
    management_attempts: int = Field(
        5, ge=1, le=100, description="How often such a request is tried while the interface does not answer"
    )
    expel_attempts: int = Field(
        100, ge=2, le=10000, description="Looks for open connections of a party that was shut out (RabbitMQ)"
    )
    expel_look_again_s: float = Field(0.05, gt=0, le=60, description="Between two such looks")
    management_retry_wait_s: float = Field(
        0.2, gt=0, le=60, description="Before the second attempt; doubles with each further one"
    )
    rabbitmq_heartbeat_s: int = Field(
        10, ge=1, le=600, description="Between signs of life; a connection silent for three is lost"
    )
    rabbitmq_realtime_ttl_s: float = Field(
        30.0, gt=0, le=86400, description="How long a realtime message waits in a queue for its reader"
    )
    rabbitmq_realtime_bytes: int = Field(
        64 * 1024 * 1024, ge=65536, description="Realtime messages waiting in one queue; oldest dropped first"
    )
    rabbitmq_stores_at_once: int = Field(
        1024, ge=1, le=65536, description="Stored messages of one connection on their way to be confirmed"
    )
    rabbitmq_acks_joined: int = Field(
        64, ge=1, le=4096, description="Settled messages after which the broker is told, all at once"
    )
    rabbitmq_ack_wait_s: float = Field(0.005, ge=0, le=1, description="After which it is told of fewer")
