"""One process of a party. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class EndpointSettings(BaseSettings):
    """One process of a party."""

    ask_timeout_s: float = Field(
        10.0, gt=0, le=86400, description="How long a question waits for its answer, unless told otherwise"
    )
    asks_at_once: int = Field(10_000, ge=1, description="Questions of a process that wait for their answer")
    handlers_at_once: int = Field(256, ge=1, description="Handlers that run side by side in one process")
    handlers_waiting: int = Field(
        1024, ge=1, description="Verified messages waiting for a free handler; then reading pauses"
    )
    handler_attempts: int = Field(
        5, ge=1, le=1000, description="How often a handler that fails is given a reliable message"
    )
    handler_backoff_s: float = Field(
        0.5, ge=0, le=3600, description="Wait before the second attempt; doubled with each further one"
    )
    max_attributes_bytes: int = Field(
        8192, ge=256, le=65536, description="The largest topic and attributes of a message, together"
    )
    receipt_wait_s: float = Field(
        0.02, ge=0, le=10, description="How long receipts are gathered to be sent together"
    )
    receipts_waiting: int = Field(
        20_000, ge=1, description="Receipts not yet sent; more are left to the sender's probes"
    )
    probe_after_s: float = Field(
        2.0, gt=0, description="After which the outbox first asks for a missing receipt; doubled each time"
    )
    outbox_limit: int = Field(10_000, ge=1, description="Reliable messages of a process without a receipt")
    owner_lease_s: float = Field(
        30.0, gt=0, description="After which the outbox of a process that died is taken over by another"
    )
    card_cache_s: float = Field(60.0, ge=0, description="How long the key card of another party is kept")
    card_cache_size: int = Field(10_000, ge=1, description="Key cards that are kept")
    directory_timeout_s: float = Field(5.0, gt=0, description="How long a look-up in the directory may take")
    foreign_domains: int = Field(1000, ge=1, description="Foreign domains that one process trusts at once")
    unknown_domain_wait_s: float = Field(
        10.0, ge=0, description="How long a domain that the directory does not know is not asked for again"
    )
    unknown_root_attempts: int = Field(
        4,
        ge=1,
        le=100,
        description="How often a stored message is looked at whose peer domain may have a new root",
    )
    resend_messages: int = Field(
        512, ge=1, description="Realtime messages kept in case the receiver does not know their key"
    )
    resend_bytes: int = Field(8 * 1024 * 1024, ge=1024, description="The same, by size")
    questions_per_s: float = Field(
        500.0, gt=0, description="Questions a second that one party may ask of a service, on average"
    )
    questions_burst: int = Field(2000, ge=1, description="Questions that it may ask at once")
    complaints_per_s: float = Field(
        2.0, gt=0, description="How often one sender is told that its messages do not open"
    )
    complaints_burst: int = Field(20, ge=1, description="How many such answers it may get at once")
    complaints_waiting: int = Field(256, ge=1, description="Such answers not yet sent; more are not sent")
    peers_counted: int = Field(
        10_000,
        ge=1,
        description="Receivers whose message sequence, and senders whose complaints, are counted",
    )
    state_busy_s: float = Field(
        10.0, gt=0, description="How long a process waits for another's hold on their common state file"
    )

    # renewal: a second connection before the first is broken
    renew_overlap_s: float = Field(
        60.0,
        gt=0,
        le=3600,
        description="How long the connection before a renewal stays for handlers and for answers to come",
    )
    renew_linger_s: float = Field(
        2.0, ge=0, le=60, description="How long it stays in any case: for receipts, and words about keys"
    )
    renew_leaving: int = Field(
        16,
        ge=1,
        le=256,
        description="How many connections of one process may stay so where each channel that it comes into "
        "takes another one (NATS); more wait",
    )
