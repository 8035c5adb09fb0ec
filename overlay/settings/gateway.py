"""Links between gateways. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class GatewaySettings(BaseSettings):
    """Links between gateways."""

    link_heartbeat_s: float = Field(5.0, gt=0, le=300, description="Between two signs of life on a link")
    link_silence_s: float = Field(
        15.0, gt=0, le=900, description="Without any after which a link is dead and its peer offline"
    )
    link_handshake_s: float = Field(10.0, gt=0, le=120, description="How long a link's handshake may take")
    link_handshakes: int = Field(
        8, ge=1, le=1024, description="Handshakes of one peer that may be half done at a time"
    )
    link_hellos_per_s: float = Field(
        5.0, gt=0, description="How often one peer may greet, on average; more are dropped and counted"
    )
    link_retry_s: float = Field(
        0.5, gt=0, description="Before a peer is dialled again; jittered, doubled with each failure"
    )
    link_retry_max_s: float = Field(30.0, gt=0, description="The longest such wait")
    link_rekey_frames: int = Field(
        1 << 20, ge=2, le=1 << 32, description="Frames under one link key; then the dialler shakes hands anew"
    )
    gateway_flows: int = Field(
        10000, ge=0, description="Sorts of realtime messages, each way, for which it is kept what was decided"
    )
    link_frame_items: int = Field(500, ge=1, le=10000, description="The most items in one frame")
    link_frame_bytes: int = Field(
        256 * 1024, ge=4096, le=4 * 1024 * 1024, description="At which a frame is full; one item always fits"
    )
    link_frame_max_bytes: int = Field(
        2 * 1024 * 1024, ge=65536, le=16 * 1024 * 1024, description="The largest frame taken, decompressed"
    )
    link_batch_wait_s: float = Field(
        0.002, ge=0, le=1, description="How long a busy link waits to fill a frame; an idle one does not"
    )
    link_compress_bytes: int = Field(
        4096, ge=0, description="Frames from this size on are compressed, where that helps"
    )
    link_credit_frames: int = Field(
        64, ge=2, le=4096, description="Frames on the way to a peer that it has not acknowledged"
    )
    link_window: int = Field(
        128, ge=1, le=4096, description="Stored messages on the way to a peer that it has not stored yet"
    )
    link_pending_items: int = Field(
        8192, ge=1, description="Messages waiting for a link; realtime ones over it are dropped and counted"
    )
    link_pending_bytes: int = Field(16 * 1024 * 1024, ge=1024 * 1024, description="The same in bytes")
    link_hold_s: float = Field(
        20.0, gt=0, description="How long a stored message waits for a peer before our broker has it back"
    )
    link_retry_after_s: float = Field(
        0.5, ge=0, le=60, description="How long a sender is asked to wait whose message a full link dropped"
    )
    link_rate_per_s: float = Field(
        100_000.0, gt=0, description="Messages a second that one peer may send us, on average"
    )
    gateway_hops: int = Field(8, ge=1, le=64, description="Domains that a message may cross")
    gateway_again_s: float = Field(
        1.0, gt=0, description="Before a stored message that could not leave is tried again; doubles"
    )
    gateway_again_max_s: float = Field(5.0, gt=0, description="The longest such wait")
    gateway_parked: int = Field(
        100_000,
        ge=1,
        description="Stored messages that wait in our broker for one domain that is not reached; more are "
        "refused, and their senders told",
    )
    gateway_room_wait_s: float = Field(
        0.002, gt=0, le=1, description="Between looks whether a full link has room again"
    )
    gateway_room_s: float = Field(
        0.25,
        gt=0,
        le=60,
        description="How long a stored message waits for a link that is full; then all for its domain are "
        "parked, until that has taken what was",
    )
    gateway_store_workers: int = Field(
        64, ge=1, le=1024, description="Arriving stored messages that are being stored at one time"
    )
    gateway_arrivals: int = Field(
        4096, ge=1, description="Arriving stored messages that wait for that; more are sent back"
    )
    gateway_failures: int = Field(
        512, ge=1, le=10000, description="Refused realtime messages reported to a peer in one frame"
    )
    gateway_poll_s: float = Field(
        1.0,
        gt=0,
        le=300,
        description="How long the registry is asked to wait for a change; peers are read so often",
    )
    gateway_lookup_s: float = Field(
        0.25, ge=0, description="Least time between two questions to the registry about unknown agents"
    )
    gateway_sync_pages: int = Field(
        8, ge=1, le=16, description="Pages of our list of agents on their way to a peer that learns of them"
    )
    gateway_ask_s: float = Field(
        5.0, gt=0, le=120, description="How long the gateway waits for its registry before it asks again"
    )
    gateway_report_s: float = Field(60.0, gt=0, description="Between two reports of the gateway in its log")
    gateway_restart_s: float = Field(
        0.25, gt=0, description="Before a failed task of the gateway starts again; doubles"
    )
    gateway_restart_max_s: float = Field(15.0, gt=0, description="The longest such wait")
