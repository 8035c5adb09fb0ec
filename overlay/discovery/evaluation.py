"""How often the right agent is found for what people ask: judged on files that the operator gives (REG-5)."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import msgspec
import numpy as np

from overlay.discovery.contract import Said, SaidSkill, Vector
from overlay.discovery.index import SemanticIndex
from overlay.errors import BadInput
from overlay.text_file import read_text

AMONG = 5
_WARM = 20
_COLUMNS = ["query", "name"]


class Question(msgspec.Struct, frozen=True):
    """What somebody asks, and the agent that is right."""

    query: str
    name: str


class Judgement(msgspec.Struct, frozen=True):
    """Recall is a share of the queries, 0 … 1; latency that of one search, in microseconds."""

    agents: int
    queries: int
    recall_at_1: float
    recall_at_5: float
    latency_us: dict[str, float]


class _Skill(msgspec.Struct):
    id: str = ""
    name: str = ""
    abstract: str = ""
    description: str = ""


class _Agent(msgspec.Struct):
    name: str
    description: str | None = None
    skills: tuple[str | _Skill, ...] | None = None


def read_agents(path: Path) -> dict[str, Said]:
    """One JSON object a line: `name`, `description`, `skills` (texts or objects). Raises BadInput."""
    found: dict[str, Said] = {}
    decoder = msgspec.json.Decoder(_Agent)
    for number, line in enumerate(_text(path).split("\n"), 1):
        if not line.strip():
            continue
        try:
            agent = decoder.decode(line)
        except msgspec.MsgspecError as error:
            raise BadInput(f"{path}, line {number}: {error} (wanted: name, description, skills)") from error
        if not agent.name or agent.name in found:
            raise BadInput(
                f"{path}, line {number}: "
                + ("the name is empty" if not agent.name else f"there are two agents named {agent.name}")
            )
        found[agent.name] = Said(agent.name, agent.description or "", tuple(map(_skill, agent.skills or ())))
    if not found:
        raise BadInput(f"{path} names no agent")
    return found


def read_questions(path: Path, names: dict[str, Said]) -> list[Question]:
    """Rows of `query,name` below a line that says so. Raises BadInput; each name is one of `names`."""
    rows = csv.DictReader(_text(path).splitlines(keepends=True), strict=True)
    found = list(_questions(path, rows, names))
    if not found:
        raise BadInput(f"{path} has no query")
    return found


def _questions(path: Path, rows: csv.DictReader[str], names: dict[str, Said]) -> Iterator[Question]:
    try:
        missing = [column for column in _COLUMNS if column not in (rows.fieldnames or ())]
        if missing:
            raise BadInput(f"{path} has no column {missing[0]}: the first line is `query,name`")
        for row in rows:
            query, name = row["query"], row["name"]
            if not query or not name:
                raise BadInput(f"{path}, line {rows.line_num}: a query and a name are wanted")
            if name not in names:
                raise BadInput(f"{path}, line {rows.line_num}: there is no agent named {name}")
            yield Question(query, name)
    except csv.Error as error:
        raise BadInput(f"{path}, line {rows.line_num}: {error}") from error


def _text(path: Path) -> str:
    return read_text(path, encoding="utf-8-sig")


def _skill(skill: str | _Skill) -> SaidSkill:
    if isinstance(skill, str):
        return SaidSkill(id=skill)
    return SaidSkill(skill.id or skill.name, skill.name, skill.abstract or skill.description)


def judge(
    index: SemanticIndex,
    questions: Sequence[Question],
    clock: Callable[[], float] = perf_counter,
    vectors: Mapping[str, Vector] | None = None,
) -> Judgement:
    """Ask all of them, one after the other. `vectors`: of queries, by a remote embedder."""
    vectors = vectors or {}
    for question in questions[:_WARM]:
        index.search(question.query, AMONG)
    first = among = 0
    took: list[float] = []
    for question in questions:
        began = clock()
        hits = index.search(question.query, AMONG, vector=vectors.get(question.query))
        took.append(clock() - began)
        keys = [hit.key for hit in hits]
        first += keys[:1] == [question.name]
        among += question.name in keys
    micro = np.array(took) * 1e6
    return Judgement(
        agents=len(index),
        queries=len(questions),
        recall_at_1=round(first / len(questions), 4),
        recall_at_5=round(among / len(questions), 4),
        latency_us={
            name: round(float(np.percentile(micro, percent)), 1)
            for name, percent in (("p50", 50), ("p99", 99), ("p999", 99.9))
        },
    )
