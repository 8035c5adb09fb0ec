"""Channels. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class ChannelSettings(BaseSettings):
    """Channels."""

    channel_members: int = Field(
        10_000,
        ge=2,
        le=20_000,
        description="Members that a channel may have; who comes in is told of them all in one message",
    )
    channel_told_each: int = Field(
        32,
        ge=0,
        le=20_000,
        description="Up to so many members are told one by one that somebody came in; more, all at once by a "
        "publication",
    )
    channel_deputies: int = Field(
        8,
        ge=0,
        le=64,
        description="Deputies that a channel may have, who let in and remove as its owner does",
    )
    channel_recent: int = Field(
        10_000, ge=1, le=1_000_000, description="Publications of a channel's recent past, at most"
    )
    channel_past_keys: int = Field(
        4096,
        ge=1,
        le=10_000,
        description="Former keys that a member keeps of a channel with history; what is older it cannot read",
    )
    channel_deputy_wait_s: float = Field(
        3.0,
        gt=0,
        le=60,
        description="How long a channel's owner or deputy may take to answer before the next one is asked",
    )
    channel_presence_s: float = Field(
        1.0,
        gt=0,
        le=60,
        description="How often at most a registry looks who of a channel is there, for each who watches",
    )
    channel_presence_watchers: int = Field(
        1000, ge=1, le=100_000, description="How many may wait at a process of the registry for that at once"
    )
    channels_per_owner: int = Field(64, ge=1, le=10_000, description="Channels that one agent may own")
    channels_per_member: int = Field(
        64, ge=1, le=1000, description="Channels that one agent may be in; each is a subscription of its own"
    )
    gateway_channels: int = Field(
        10_000, ge=1, le=1_000_000, description="Channels that peers may want of a gateway at one time"
    )
    channel_domains: int = Field(
        1000, ge=1, le=10_000, description="Domains for which one peer may want one channel"
    )
    gateway_casts: int = Field(
        20_000,
        ge=100,
        description="Publications that a gateway remembers, so that none comes twice or goes where it is "
        "already",
    )
    gateway_cast_told_s: float = Field(
        30.0,
        gt=0,
        le=3600,
        description="How often an agent is told that its publications are over a cap, at most",
    )
    channel_about_chars: int = Field(
        500, ge=0, le=10_000, description="Characters in which a channel says what it is about"
    )
    channel_kept_days: float = Field(
        1.0, gt=0, le=365, description="How long a registry remembers that a channel was released"
    )
    channel_tell_s: float = Field(
        10.0, gt=0, le=120, description="How long a registry waits for the CA to change who reads a channel"
    )
    channel_leave_s: float = Field(
        5.0,
        ge=0,
        le=300,
        description="After an agent left a channel by itself: when its older connections are closed (NATS)",
    )
    channel_check_s: float = Field(
        30.0, gt=0, le=3600, description="How often an agent asks its registry what became of its channels"
    )
    channel_overlap_s: float = Field(
        30.0, gt=0, le=3600, description="How long the key before the newest is taken after somebody joined"
    )
    channel_queue: int = Field(
        1024, ge=1, le=100_000, description="Messages of one channel that wait for the application"
    )
    channel_gap_s: float = Field(
        0.5, ge=0, le=60, description="How long realtime messages wait for an earlier one of the same sender"
    )
    channel_reliable_gap_s: float = Field(
        30.0, ge=0, le=600, description="How long reliable ones do, before they are given out of order"
    )
    channel_begin_s: float = Field(
        2.0,
        ge=0,
        le=60,
        description="How long the first reliable one of a sending process waits for others before it",
    )
    channel_out_of_order: int = Field(
        256, ge=1, le=10_000, description="Messages of one sender that wait for an earlier one"
    )
    channel_senders: int = Field(
        4096, ge=1, le=100_000, description="Sending processes of one channel that are remembered"
    )
    channel_key_wait_s: float = Field(
        10.0,
        gt=0,
        le=300,
        description="How long messages wait for their key, and its owner is not asked again",
    )
    channel_key_waiting: int = Field(
        256, ge=0, le=10_000, description="Realtime messages of a channel that wait for their key"
    )
    channel_key_attempts: int = Field(
        10, ge=1, le=100, description="Deliveries after which a stored message without its key is dropped"
    )
    channel_resent: int = Field(
        256, ge=0, le=10_000, description="Reliable messages that are sent again when somebody was removed"
    )
    channel_certificate_s: float = Field(
        0.05,
        ge=0,
        le=60,
        description="In a signed channel: how often realtime messages of one sender bring its certificate",
    )
