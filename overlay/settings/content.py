"""Files and modalities. Pure."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings

from overlay.naming.subjects import Priority

T = TypeVar("T")
MODALITIES = (
    "text",
    "structured",
    "document",
    "image",
    "file",
    "audio",
    "video",
    "live-audio",
    "live-video",
)


class ContentSettings(BaseSettings):
    """Files and modalities (AG-8)."""

    modality_priority: dict[str, Priority] = Field(
        default_factory=dict, description="Other priorities than docs/files.md says, by modality (JSON)"
    )
    modality_inline_bytes: dict[str, int] = Field(
        default_factory=dict, description="The same for the largest body of a message (JSON)"
    )
    file_bytes: int = Field(
        64 * 1024**3, ge=1024, description="The largest file that is offered, or fetched from others"
    )
    file_chunk_bytes: int = Field(
        256 * 1024,
        ge=1024,
        le=4 * 1024 * 1024,
        description="How much of a file one message carries; below max_body_bytes",
    )
    file_lifetime_s: float = Field(
        7 * 86400.0, gt=0, description="How long a file can be fetched, unless its offer says so"
    )
    files_offered: int = Field(1000, ge=1, description="Files that an agent offers at a time")
    file_receivers: int = Field(
        200, ge=1, description="Agents and domains to which one file can be offered at most"
    )
    file_readers: int = Field(
        16, ge=1, le=256, description="Chunks that a process reads for others at a time; more wait in line"
    )
    file_window: int = Field(
        32, ge=1, le=512, description="Chunks of one file that are asked for at a time, at most"
    )
    file_chunk_s: float = Field(
        15.0, gt=0, le=600, description="How long an answer with a chunk is waited for, at most"
    )
    file_outage_s: float = Field(
        600.0, ge=0, description="Without a further chunk for so long, fetching ends; it can be begun again"
    )
    file_refused_s: float = Field(
        3.0,
        ge=0,
        le=60,
        description="How long a refusal of the first question is not yet believed: the offer "
        "may be on its way to the holder's gateway",
    )
    file_pause_s: float = Field(
        0.25, gt=0, le=60, description="Before a chunk that failed is asked for again; doubled up to 16 times"
    )
    file_look_s: float = Field(
        1.0, gt=0, le=3600, description="Between two looks for offers of our other processes, and for ends"
    )
    file_over_s: float = Field(
        3600.0, ge=0, description="How long whoever asks for a file is told that its offer is over"
    )
    file_bad_chunks: int = Field(
        3, ge=1, le=100, description="Wrong chunks after which a file is not what its reference says"
    )

    @field_validator("modality_priority", "modality_inline_bytes")
    @classmethod
    def _known(cls, by_modality: dict[str, T]) -> dict[str, T]:
        unknown = sorted(set(by_modality) - set(MODALITIES))
        if unknown:
            raise ValueError(f"{unknown[0]!r} is no modality: they are {', '.join(MODALITIES)}")
        return by_modality
