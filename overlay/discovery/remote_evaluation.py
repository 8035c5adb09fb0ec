"""Vectors of an embedding endpoint for `overlay evaluate-discovery`: of all agents, and of all queries."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from overlay.discovery.contract import Said, Understanding, Vector
from overlay.discovery.index import SemanticIndex
from overlay.discovery.phrasing import text_of
from overlay.discovery.remote import EmbeddingEndpoint
from overlay.settings import Settings


async def embed_all(
    settings: Settings,
    index: SemanticIndex,
    understanding: Understanding,
    agents: Mapping[str, Said],
    queries: Sequence[str],
) -> dict[str, Vector]:
    """Give the index the agents' vectors, and return those of the queries, as understood.

    Raises BadSettings, TimedOut, Unreachable, TooLarge, Failed.
    """
    endpoint = EmbeddingEndpoint(settings)
    try:
        vectors = await _of(settings, endpoint, [text_of(said) for said in agents.values()])
        for name, vector in zip(agents, vectors, strict=True):
            index.use_space(endpoint.name, len(vector))
            index.give_vector(name, endpoint.name, vector)
        asked = await _of(settings, endpoint, [understanding.intent(query).text for query in queries])
    finally:
        await endpoint.close()
    return dict(zip(queries, asked, strict=True))


async def _of(settings: Settings, endpoint: EmbeddingEndpoint, texts: Sequence[str]) -> list[Vector]:
    most, limit_s = settings.discovery_embedding_batch, settings.discovery_embedding_batch_timeout_s
    found: list[Vector] = []
    for at in range(0, len(texts), most):
        found.extend(await endpoint.embed(texts[at : at + most], limit_s))
    return found
