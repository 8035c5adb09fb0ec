"""Reliable delivery: order, dead letters, and how long a full broker is waited for. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings

from overlay.clock import DAY_S, HOUR_S


class DeliverySettings(BaseSettings):
    """What is kept, and waited for, so that nothing is lost and order holds."""

    order_wait_s: float = Field(
        60.0,
        ge=0,
        le=3600,
        description="How long reliable messages wait for an earlier one of their stream that has not come, "
        "counted from when the first of them came: longer than a gateway or broker may take to restart, and "
        "ack_wait_s and gateway_again_max_s after it; 0: order of arrival",
    )
    order_held: int = Field(
        384,
        ge=1,
        le=3072,
        description="Reliable messages that wait for earlier ones in one process; more go back to the "
        "broker. Less than stored_in_flight, or the missing one could not come",
    )
    order_back_s: float = Field(
        1.0, ge=0.05, le=60, description="For how long those go back that there is no room for"
    )
    order_stuck_s: float = Field(
        10.0,
        gt=0,
        le=3600,
        description="When the broker brings nothing but those for so long, the gap with the most behind it "
        "is passed over: they may take all that the broker lets us have, so that the missing one cannot come",
    )
    realtime_order_wait_s: float = Field(
        0.02,
        ge=0,
        le=1,
        description="The same for realtime messages, of streams in which one came late before; 0: never",
    )
    dead_letters: int = Field(
        1000, ge=1, le=1_000_000, description="Dead letters that a party keeps; with more the oldest go"
    )
    dead_letter_bytes: int = Field(
        16 * 1024 * 1024, ge=1024, description="The same in bytes of their contents"
    )
    dead_letter_age_s: float = Field(7 * DAY_S, gt=0, description="How long a dead letter is kept")
    ledger_after_s: float = Field(
        HOUR_S,
        ge=0,
        le=30 * DAY_S,
        description="How long after its deadline a receiver knows a message again, should it be sent again",
    )
    outbox_bytes: int = Field(
        256 * 1024 * 1024, ge=1024 * 1024, description="Reliable messages without a receipt, in bytes"
    )
    send_wait_s: float = Field(
        10.0,
        ge=0,
        le=3600,
        description="How long sending a reliable message waits while outbox or broker are full",
    )
