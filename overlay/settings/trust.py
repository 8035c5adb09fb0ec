"""Keys, key cards and what is remembered of them. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class TrustSettings(BaseSettings):
    """Keys, key cards and what is remembered of them."""

    key_card_lifetime_s: float = Field(
        7 * 86400.0,
        ge=4 * 86400,
        description="How long a key card is good; a process makes itself a new one each quarter of that",
    )
    message_key_lifetime_s: float = Field(
        3600.0, gt=0, le=86400, description="After which a sender makes a new message key for a receiver"
    )
    message_key_uses: int = Field(
        1 << 24, ge=1, le=1 << 32, description="After how many messages it makes a new one in any case"
    )
    outgoing_keys: int = Field(
        20_000, ge=1, description="Receivers for which a process keeps a message key; the idle ones go first"
    )
    incoming_keys: int = Field(
        100_000,
        ge=1,
        description="Message keys of all senders that a process keeps; the domain with most loses first",
    )
    incoming_keys_per_sender: int = Field(
        64, ge=2, description="Message keys of one sender: twice as many as it has processes, or more"
    )
    max_deadline_s: float = Field(
        86400.0,
        gt=0,
        le=7 * 86400,
        description="The latest deadline of a message; its key is kept until then",
    )

    # renewal and rollover
    renew_after_fraction: float = Field(
        0.66, gt=0, le=0.9, description="The part of a certificate's lifetime after which it is renewed"
    )
    renew_spread: float = Field(
        0.05,
        ge=0,
        le=0.2,
        description="The part of its lifetime by which that may be later, so that not all renew at once",
    )
    renew_check_s: float = Field(
        60.0,
        gt=0,
        le=86400,
        description="Between looks of a running party whether its certificate is due for renewal",
    )
    domain_card_check_s: float = Field(
        300.0,
        gt=0,
        le=86400,
        description="Between questions of a running party to the CA for a newer card of its domain",
    )
    domain_card_tell_s: float = Field(
        60.0,
        gt=0,
        le=86400,
        description="After how long the CA tells the newest card of its domain again to all who are there",
    )
    domain_card_wait_s: float = Field(
        2.0, gt=0, le=60, description="How long a party that starts waits for the CA's answer to that"
    )
