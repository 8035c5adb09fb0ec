"""Fifty agents of our own making, and what the tests ask for them."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from overlay.discovery.evaluation import read_agents
from overlay.discovery.index import SemanticIndex
from overlay.discovery.reading import Reading
from overlay.discovery.table import table

HERE = Path(__file__).parent


@cache
def reading() -> Reading:
    """Made once: it reads the dictionaries."""
    return Reading(tuple(table().numbers))


@cache
def catalogue() -> SemanticIndex:
    index = SemanticIndex(reading())
    for name, said in read_agents(HERE / "agents.jsonl").items():
        index.put(name, said)
    return index


def rows(file: str) -> list[list[str]]:
    return [line.split("\t") for line in (HERE / file).read_text(encoding="utf-8").splitlines()]


def recall(questions: list[tuple[str, str]], index: SemanticIndex, among: int = 1) -> float:
    """Of questions and their agents, the share that is found among the first."""
    found = [name in {hit.key for hit in index.search(query, among)} for query, name in questions]
    return sum(found) / len(found)
