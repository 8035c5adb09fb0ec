"""Live streams. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class StreamSettings(BaseSettings):
    """Live streams: audio, video and what else counts for a moment only."""

    streams_at_once: int = Field(64, ge=1, le=10_000, description="Streams that one process has at once")
    streams_per_party: int = Field(
        8, ge=1, le=10_000, description="Of these, those that one other agent opened"
    )
    stream_late_ms: int = Field(
        200, ge=1, le=60_000, description="How old a frame may be when it is given out, unless told otherwise"
    )
    stream_gap_ms: int = Field(
        60, ge=0, le=60_000, description="How long the frames after a missing one wait for it, at most"
    )
    stream_frames: int = Field(
        512, ge=2, le=100_000, description="Frames of one stream that wait for the application"
    )
    stream_frame_bytes: int = Field(
        262_144, ge=64, le=16_777_216, description="The largest frame; at most what a message's body may have"
    )
    stream_frames_per_s: float = Field(
        1000.0,
        gt=0,
        le=1_000_000,
        description="Frames a second that are taken of one stream; more are dropped",
    )
    stream_heartbeat_s: float = Field(
        1.0, gt=0, le=60, description="How often each side says that it is there, and what reached it"
    )
    stream_silence_s: float = Field(
        10.0, gt=0, le=600, description="After so long without a word of the other side a stream has ended"
    )
    stream_listeners: int = Field(
        1000, ge=1, le=100_000, description="Listeners of a channel whose reports the publisher remembers"
    )
