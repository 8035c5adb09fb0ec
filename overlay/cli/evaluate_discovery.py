"""`overlay evaluate-discovery`: how often the right agent is found, on data of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from overlay.cli.options import Json
from overlay.cli.printing import say, show_json
from overlay.discovery.evaluation import judge, read_agents, read_questions
from overlay.discovery.index import Method, SemanticIndex
from overlay.discovery.reading import Reading
from overlay.discovery.table import table


def evaluate_discovery(
    agents: Annotated[
        Path, typer.Option(help='A JSON object a line: {"name": …, "description": …, "skills": […]}.')
    ],
    queries: Annotated[Path, typer.Option(help="CSV with a first line query,name: who is right for what.")],
    method: Annotated[Method, typer.Option(help="By words, by vectors, or by both.")] = Method.HYBRID,
    json: Json = False,
) -> None:
    """Judge semantic discovery: ask each query, and see whether the right agent is first, or among five.

    It needs no domain. Nothing is learnt from the queries, neither across them nor from one to the next.
    """
    known = read_agents(agents)
    questions = read_questions(queries, known)
    index = SemanticIndex(Reading(tuple(table().numbers)), method=method)
    for name, said in known.items():
        index.put(name, said)
    found = judge(index, questions)
    if json:
        show_json({**msgspec.to_builtins(found), "method": method.value})
        return
    latency = found.latency_us
    say(f"{found.agents} agents, {found.queries} queries, {method.value}")
    say(f"right agent first       {found.recall_at_1:.1%}")
    say(f"right agent among five  {found.recall_at_5:.1%}")
    say(f"time of a search        p50 {latency['p50']:.0f} µs, p99 {latency['p99']:.0f} µs")
