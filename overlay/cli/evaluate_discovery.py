"""`overlay evaluate-discovery`: how often the right agent is found, on data of one's own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.cli.options import Json
from overlay.cli.printing import say, show_json
from overlay.discovery.contract import Vector
from overlay.discovery.evaluation import judge, read_agents, read_questions
from overlay.discovery.index import Method, SemanticIndex
from overlay.discovery.reading import Reading
from overlay.discovery.remote_evaluation import embed_all
from overlay.discovery.table import table
from overlay.errors import BadInput
from overlay.settings import load_settings


def evaluate_discovery(
    agents: Annotated[
        Path, typer.Option(help='A JSON object a line: {"name": …, "description": …, "skills": […]}.')
    ],
    queries: Annotated[Path, typer.Option(help="CSV with a first line query,name: who is right for what.")],
    method: Annotated[Method, typer.Option(help="By words, by vectors, or by both.")] = Method.HYBRID,
    embedding_url: Annotated[
        str, typer.Option(help="An OpenAI-compatible endpoint for the vectors, as https://host/v1.")
    ] = "",
    embedding_model: Annotated[str, typer.Option(help="The endpoint's model.")] = "default",
    json: Json = False,
) -> None:
    """Judge semantic discovery: ask each query, and see whether the right agent is first, or among five.

    It needs no domain. Nothing is learnt from the queries, neither across them nor from one to the next.
    With an endpoint, the time of a search is without the endpoint's own.
    """
    if embedding_url and method is Method.LEXICAL:
        raise BadInput("--method lexical goes by words only, and asks no endpoint: leave out --embedding-url")
    known = read_agents(agents)
    questions = read_questions(queries, known)
    reading = Reading(tuple(table().numbers))
    index = SemanticIndex(reading, method=method)
    for name, said in known.items():
        index.put(name, said)
    vectors: dict[str, Vector] = {}
    if embedding_url:
        settings = load_settings().model_copy(
            update={"discovery_embedding_url": embedding_url, "discovery_embedding_model": embedding_model}
        )
        asked = [question.query for question in questions]
        vectors = asyncio.run(embed_all(settings, index, reading, known, asked))
    found = judge(index, questions, vectors=vectors)
    if json:
        show_json({**msgspec.to_builtins(found), "method": method.value})
        return
    latency = found.latency_us
    say(f"{found.agents} agents, {found.queries} queries, {method.value}")
    say(f"right agent first       {found.recall_at_1:.1%}")
    say(f"right agent among five  {found.recall_at_5:.1%}")
    say(f"time of a search        p50 {latency['p50']:.0f} µs, p99 {latency['p99']:.0f} µs")
