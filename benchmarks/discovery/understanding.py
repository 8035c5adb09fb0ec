"""Recall of misspelt, Spanish and Chinese queries, needs of one sentence, learning from use.

    python -m benchmarks.discovery.understanding agents.jsonl queries.csv

`queries-es.tsv` and `queries-zh.tsv` are our translations of rows of the development set's queries.
"""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random

import numpy as np

from benchmarks.discovery.slips import with_slips
from overlay.discovery.contract import Hit, Said
from overlay.discovery.evaluation import Question, judge, read_agents, read_questions
from overlay.discovery.experience import Experience
from overlay.discovery.index import SemanticIndex
from overlay.discovery.needs import needs
from overlay.discovery.reading import Reading
from overlay.discovery.table import TableEmbedder, table
from overlay.settings import Settings

_HERE = Path(__file__).parent
_LABELLED = _HERE.parents[1] / "tests" / "discovery"


def index_of(agents: dict[str, Said], reading: Reading | None) -> SemanticIndex:
    """All of them."""
    index = SemanticIndex(reading)
    for name, said in agents.items():
        index.put(name, said)
    return index


def translated(language: str) -> tuple[list[int], list[Question]]:
    """Rows of the development set, counted from 1, and our translations of them."""
    lines = (_HERE / f"queries-{language}.tsv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [int(row["row"]) for row in rows], [Question(row["query"], row["agent"]) for row in rows]


def latency(reading: Reading, queries: Sequence[str]) -> str:
    """Of the understanding alone, by processor time: other processes do not count."""
    took = []
    for query in queries:
        began = time.thread_time()
        reading.intent(query)
        took.append(time.thread_time() - began)
    p50, p99 = np.percentile(np.array(took) * 1e6, (50, 99))
    return f"p50 {p50:.0f} µs, p99 {p99:.0f} µs"


def needs_found(reading: Reading) -> str:
    """On our labelled intents."""
    index = index_of(read_agents(_LABELLED / "agents.jsonl"), reading)
    labelled = [row.split("\t") for row in (_LABELLED / "compound-intents.tsv").read_text().splitlines()]
    cut = right = 0
    for intent, *wanted in labelled:
        got = [part.hits[0].key for part in needs(intent, lambda text, among: index.search(text, 100, among))]
        cut += len(got) == len(wanted)
        right += got == wanted
    count = len(labelled)
    return f"{count} intents: cut rightly {cut / count:.1%}, all agents right {right / count:.1%}"


def learnt(questions: Sequence[Question], hits: dict[str, list[Hit]], share: float, liar: bool) -> str:
    """Of a share of the queries it is reported which of the first five served; the others are asked."""
    random = Random(1)
    shuffled = random.sample(list(questions), len(questions))
    told, asked = shuffled[: int(share * len(shuffled))], shuffled[int(share * len(shuffled)) :]
    known = {question.query for question in told}
    asked = [question for question in asked if question.query not in known]
    experience = Experience(Settings(), TableEmbedder())
    for now, question in enumerate(told):
        for hit in hits[question.query][:5]:
            served = hit.key == question.name
            experience.note(question.query, hit.key, served, f"asker-{random.randrange(300)}", now)
            if served:
                break
    favourite = told[0].name
    for question in told if liar else ():
        experience.note(question.query, question.name, False, "liar", len(told))
        experience.note(question.query, favourite, True, "liar", len(told))
    before = sum(hits[question.query][0].key == question.name for question in asked)
    after = sum(
        experience.adjust(question.query, hits[question.query], len(told))[0].hit.key == question.name
        for question in asked
    )
    return f"first {before / len(asked):.1%} -> {after / len(asked):.1%}"


def main() -> None:
    """Print all of it."""
    agents = read_agents(Path(sys.argv[1]))
    questions = read_questions(Path(sys.argv[2]), agents)
    reading = Reading(tuple(table().numbers))
    written, read = index_of(agents, None), index_of(agents, reading)

    def show(what: str, asked: Sequence[Question], index: SemanticIndex = read) -> None:
        found = judge(index, asked)
        print(f"{what:34} first {found.recall_at_1:.1%}, among five {found.recall_at_5:.1%}")

    random = Random(5)
    misspelt = [
        Question(with_slips(question.query, random, random.randint(1, 2)), question.name)
        for question in questions
    ]
    show("as they are", questions)
    show("one or two words misspelt, as written", misspelt, written)
    show("one or two words misspelt", misspelt)
    print("understanding:", latency(reading, [question.query for question in questions]))
    print("understanding, misspelt:", latency(reading, [question.query for question in misspelt]))
    for language in ("es", "zh"):
        rows, asked = translated(language)
        show(f"{language}: the same in English", [questions[row - 1] for row in rows])
        show(f"{language}: as written", asked, written)
        show(language, asked)
        print(f"understanding, {language}:", latency(reading, [question.query for question in asked] * 5))
    cut = sum(
        len(needs(question.query, lambda text, among: read.search(text, 100, among))) > 1
        for question in questions
    )
    print(f"needs: {needs_found(reading)}; of the queries above {cut / len(questions):.1%} are cut")
    hits = {question.query: read.search(question.query, 100) for question in questions}
    for share in (0.02, 0.05, 0.1, 0.2, 0.5):
        honest, lied = (learnt(questions, hits, share, liar=liar) for liar in (False, True))
        print(f"learning from {share:.0%} of the queries: {honest}; with a liar: {lied}")


if __name__ == "__main__":
    main()
