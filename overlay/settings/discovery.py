"""Semantic discovery: an embedding endpoint, what is learnt from use. Pure."""

from __future__ import annotations

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings


class DiscoverySettings(BaseSettings):
    """Semantic discovery: an embedding endpoint, what is learnt from use."""

    discovery_embedding_url: str = Field(
        "",
        description="An OpenAI-compatible endpoint that makes vectors of texts, as `https://host/v1`; http "
        "only on this machine. Empty: the built-in embedder alone",
    )
    discovery_embedding_model: str = Field(
        "", description="The endpoint's model. Another one: all vectors are computed anew"
    )
    discovery_embedding_dimensions: int = Field(
        0, ge=0, le=4096, description="Numbers of each vector, to be asked of the endpoint; 0: as it likes"
    )
    discovery_embedding_key: SecretStr | None = Field(
        None,
        description="The endpoint's API key. Better in the environment or in a file than in overlay.toml",
    )
    discovery_embedding_key_file: str = Field(
        "", description="A file that holds the API key; nobody but its owner may open it (mode 600)"
    )
    discovery_embedding_ca_file: str = Field(
        "", description="Certificates that the endpoint's TLS may also go back to (PEM)"
    )
    discovery_embedding_timeout_s: float = Field(
        0.25,
        gt=0,
        le=60,
        description="How long a query waits for its vector; then the built-in embedder has to do",
    )
    discovery_embedding_batch_timeout_s: float = Field(
        30.0, gt=0, le=600, description="How long a batch of agents' descriptions may take"
    )
    discovery_embedding_batch: int = Field(
        64, ge=1, le=2048, description="Descriptions in one request to the endpoint"
    )
    discovery_embedding_concurrency: int = Field(
        8, ge=1, le=256, description="Queries' requests to the endpoint that are under way at once"
    )
    discovery_embedding_waiting: int = Field(
        100_000, ge=100, le=10_000_000, description="Agents whose vectors wait to be computed"
    )
    discovery_embedding_cache: int = Field(
        10_000, ge=0, le=1_000_000, description="Vectors of texts that are remembered, agents' and queries'"
    )
    discovery_embedding_pause_s: float = Field(
        0.5,
        gt=0,
        le=60,
        description="How long an endpoint that failed is left alone; twice as long each time",
    )
    discovery_embedding_pause_max_s: float = Field(
        60.0, gt=0, le=3600, description="The longest that it is left alone"
    )
    discovery_embedding_text: int = Field(
        8000, ge=200, le=100_000, description="Characters of a text that are sent to the endpoint"
    )
    discovery_embedding_answer_bytes: int = Field(
        32 * 1024 * 1024, ge=65536, description="Bytes of one answer of the endpoint"
    )
    experience_entries: int = Field(
        5000, ge=100, le=100_000, description="Uses of agents that a domain remembers, to rank others by"
    )
    experience_per_asker: int = Field(
        50,
        ge=1,
        le=10_000,
        description="How many of them are one asker's; its oldest makes room for its next",
    )
    experience_half_life_days: float = Field(
        30.0, gt=0, le=3650, description="After which a use of an agent counts half"
    )
    experience_strength: float = Field(
        0.2,
        ge=0,
        le=1,
        description="By how much experience moves a score (0 … 1) at most, up or down; 0: not at all",
    )
