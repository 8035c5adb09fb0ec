"""Several processes of a gateway, and several lines to a peer. Pure."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field
from pydantic_settings import BaseSettings


class Spread(StrEnum):
    """Which of several good lines to a peer is used."""

    OFF = "off"
    """The best one."""
    BY_STREAM = "by-stream"
    """One for each pair of sender and receiver, whose order holds so."""
    ALL = "all"
    """All in turn: receivers put streams in order."""


class PathSettings(BaseSettings):
    """Several processes of a gateway, and several lines to a peer."""

    gateway_processes: int = Field(
        1, ge=1, le=4, description="Processes of the gateway, which share the work; any of them may die"
    )
    gateway_order_s: float = Field(
        0.25,
        gt=0,
        le=60,
        description="How often `overlay up` looks for orders of `overlay gateway`",
    )
    gateway_gone_s: float = Field(
        6.0,
        gt=0.5,
        le=300,
        description="Without a sign of life after which a process of a gateway that has several is gone",
    )
    gateway_join_s: float = Field(
        10.0,
        ge=0,
        le=300,
        description="How long a new process of the gateway waits for lines to the peers that the others "
        "reach, before it takes work",
    )
    gateway_leave_s: float = Field(
        1.0,
        gt=0,
        le=60,
        description="How long a process of the gateway that ends waits for its registry to know",
    )
    link_paths: int = Field(
        2, ge=1, le=8, description="To how many addresses of a peer a process keeps a connection at a time"
    )
    link_spread: Spread = Field(
        Spread.BY_STREAM,
        description="Which of several good lines is used: off (the best), by-stream (one for each pair of "
        "sender and receiver), all (in turn)",
    )
    link_doubt_s: float = Field(
        0.5,
        gt=0,
        le=60,
        description="Without an answer after which a line is left for another that answers; slow lines get "
        "eight times their usual delay",
    )
    link_look_s: float = Field(
        0.25, gt=0, le=10, description="How often the lines of a peer are compared, and the best chosen"
    )
    link_compress_slow_s: float = Field(
        0.02,
        ge=0,
        description="From which delay on a line counts as slow, and its frames are compressed if they shrink",
    )
