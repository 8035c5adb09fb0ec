"""Judging discovery: the figures, and what is wrong with a file in words."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from overlay.discovery.evaluation import judge, read_agents, read_questions
from overlay.discovery.index import SemanticIndex
from overlay.errors import BadInput
from tests.live_domain import overlay

HERE = Path(__file__).parent
AGENTS, QUERIES = HERE / "agents.jsonl", HERE / "queries.csv"


def test_most_agents_are_found_in_other_words_than_their_own() -> None:
    agents = read_agents(AGENTS)
    index = SemanticIndex()
    for name, said in agents.items():
        index.put(name, said)
    found = judge(index, read_questions(QUERIES, agents))
    assert (found.agents, found.queries) == (50, 50)
    assert found.recall_at_1 >= 0.7
    assert found.recall_at_5 >= 0.9


async def test_the_command_needs_no_domain_and_prints_the_contract(tmp_path: Path) -> None:
    done = await overlay(
        "evaluate-discovery",
        "--agents",
        str(AGENTS),
        "--queries",
        str(QUERIES),
        "--json",
        OVERLAY_HOME=str(tmp_path),
    )
    found = orjson.loads(done.out)
    assert {"recall_at_1", "recall_at_5", "latency_us"} <= found.keys()
    assert {"p50", "p99"} <= found["latency_us"].keys()


async def test_words_only_and_an_endpoint_for_vectors_exclude_each_other() -> None:
    files = ("--agents", str(AGENTS), "--queries", str(QUERIES))
    done = await overlay(
        "evaluate-discovery", *files, "--method", "lexical", "--embedding-url", "http://127.0.0.1:9/v1"
    )
    assert (done.code, "leave out --embedding-url" in done.err) == (2, True)


GOOD = (
    '{"name": "one", "description": "first", "skills": ["cooking", {"id": "baking", "description": "bread"}]}'
)


def test_skills_are_texts_or_objects_and_a_byte_order_mark_is_none(tmp_path: Path) -> None:
    path = tmp_path / "agents.jsonl"
    path.write_text("\ufeff" + GOOD + "\n\n", encoding="utf-8")
    assert [skill.id for skill in read_agents(path)["one"].skills] == ["cooking", "baking"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD + '\n{"name": ', "line 2"),
        ('{"name": 3}', "line 1"),
        ('{"description": "nameless"}', "line 1"),
        (f"{GOOD}\n{GOOD}", "two agents named one"),
        ("", "names no agent"),
    ],
)
def test_agents_that_cannot_be_read_are_named_by_their_line(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "agents.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        read_agents(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question,name\nhow,one\n", "no column query"),
        ("query,name\nhow,two\n", "line 2: there is no agent named two"),
        ("query,name\nhow\n", "line 2: a query and a name"),
        ('query,name\n"how,one\n', "unexpected end of data"),
        ("query,name\n", "has no query"),
    ],
)
def test_queries_that_cannot_be_read_are_named_by_their_line(tmp_path: Path, text: str, said: str) -> None:
    agents, queries = tmp_path / "agents.jsonl", tmp_path / "queries.csv"
    agents.write_text(GOOD, encoding="utf-8")
    queries.write_text(text, encoding="utf-8")
    with pytest.raises(BadInput, match=said):
        read_questions(queries, read_agents(agents))


def test_a_file_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="cannot be read: No such file"):
        read_agents(tmp_path / "none")
