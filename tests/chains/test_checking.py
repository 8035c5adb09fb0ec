"""What is wrong with a chain is said before anything of it starts, whoever wrote it (AG-4)."""

from __future__ import annotations

import json

import pytest

from overlay.chains.chain import Chain, Condition, Repeat, Step, Undo
from overlay.chains.checking import check_chain, faults
from overlay.chains.conditions import holds
from overlay.chains.document import decode_chain, encode_chain
from overlay.chains.values import value_of
from overlay.chains.writing import all_of, any_of, either, ended, group, none_of, of, rounds, where
from overlay.errors import BadInput, TooLarge
from overlay.settings import Settings

SETTINGS = Settings()
A = Step("a", "x")
MANY = rounds("h", A, until=where("a", "", "==", 1), most=99)


def faults_of(*steps: Step, **more: object) -> str:
    chain = Chain("c", steps, **more)  # type: ignore[arg-type]
    return "\n".join(faults(chain, SETTINGS))


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((), "no steps"),
        ((Step("A", "x"),), "'A' is not a name"),
        ((Step("a", "X!"),), "'X!' is not a skill"),
        ((Step("input", "x"),), "give it another name"),
        ((A, A), "two steps are called 'a'"),
        ((Step("a"),), "exactly one of: skill, either, steps"),
        ((Step("a", "x", agent="bob"),), "'bob' is not an agent ID"),
        ((Step("a", "x", agent="bob@a.example", others=1),), "nobody else does it"),
        ((Step("a", "x", after=("b",)),), "waits for 'b', and there is no such step"),
        ((Step("a", "x", after=("a",)),), "wait for each other: a -> a"),
        (
            (Step("a", "x", after=("c",)), Step("b", "x", after=("a",)), Step("c", "x", after=("b",))),
            "wait for each other: a -> c -> b -> a",
        ),
        ((group("g", A), Step("b", "x", after=("a",))), "not in the same group"),
        ((A, Step("b", "x", when=where("a", "p", ">", 1))), "'a' is not always settled before it"),
        ((A, Step("b", "x", input={"deep": [of("a")]})), "'a' is not always settled before it"),
        ((Step("a", "x", input=of("nobody")),), "no step 'nobody'"),
        ((A, Step("b", "x", after=("a",), when=ended("a", "failed"))), "it can never hold"),
        ((A, Step("b", "x", after=("a",), input=of("a", rounds="previous"))), "in no repeated group"),
        ((Step("a", "x", input={"$from": "input", "code": "rm"}),), "is a reference"),
        ((rounds("g", A, until=where("input", "", "==", 1), most=0),), "from 1 on"),
        ((A, rounds("g", Step("b", "x"), until=where("a", "", "==", 1), most=2)), "not in this group"),
        ((either("e", A, Step("b", "x", after=("a",))),), "tried in their order"),
        ((either("e", Step("a", "x", on_failure="continue")),), "say on_failure of 'e'"),
        ((Step("g", steps=(A,), retry=1, skill="x"),), "retry are said of single steps"),
        ((Step("a", "x", repeat=Repeat(where("a", "", "==", 1), 2)),), "only a group (steps) is repeated"),
        ((Step("a", "x", retry=19, others=1),), "chain_attempts"),
        ((Step("a", "x", deadline_s=-1),), "seconds from 0 on"),
        ((Step("a", "x", compensate=Undo("x", agent="who")),), "'who' is not an agent ID"),
        ((Step("a", "x", when=Condition(step="input")),), "exactly one of: step and op"),
        ((Step("a", "x", when=where("input", "", "in", 3)),), "'in' compares with a list or a text"),
        ((Step("a", "x", when=ended("input", "done")),), "the chain's input does not end"),
        (
            (
                rounds(
                    "g",
                    rounds("h", A, until=where("a", "", "==", 1), most=99),
                    until=ended("h", "done"),
                    most=99,
                ),
            ),
            "9801 tasks at worst",
        ),
    ],
)
def test_a_wrong_chain_is_refused_in_words(steps: tuple[Step, ...], said: str) -> None:  # AG-4
    assert said in faults_of(*steps)


def test_all_that_is_wrong_is_said_at_once() -> None:  # AG-4
    chain = Chain("c", (Step("a", "X"), Step("b", "x", after=("z",)), Step("c", "x", input=of("q"))))
    with pytest.raises(BadInput) as refused:
        check_chain(chain, SETTINGS)
    assert len(str(refused.value).splitlines()) == 4


def test_a_failure_that_is_seen_may_be_asked_for() -> None:  # AG-4
    inner = group("g", A, on_failure="continue")
    assert faults_of(inner, Step("b", "x", after=("g",), when=ended("a", "failed"))) == ""
    assert faults_of(either("e", A, Step("b", "x", when=ended("a", "failed")))) == ""


def test_a_chain_in_json_says_the_same() -> None:  # AG-4
    condition = any_of(where("a", "b.0", "in", (1, "x", None)), none_of(ended("a", "done")))
    step = Step("b", "x", after=("a",), when=condition, input={"k": of("a", "p", default=None)})
    repeat = rounds("r", Step("c", "x"), until=where("c", "", "exists"), most=2)
    chain = Chain("c", (A, step, repeat), output=[of("b")], carried=True)
    assert decode_chain(encode_chain(chain), 10_000) == chain
    assert faults(chain, SETTINGS) == []


def test_conditions_never_fail_whatever_they_look_at() -> None:  # AG-4
    value = {"p": 0.9, "t": "abc", "list": [1, {"x": True}], "none": None}
    cases = [
        (where("s", "p", ">=", 0.9), True),
        (where("s", "p", ">", "a"), False),
        (where("s", "t", "contains", "b"), True),
        (where("s", "list", "contains", 1), True),
        (where("s", "list.1.x", "==", True), True),
        (where("s", "list.1.x", "==", 1), False),
        (where("s", "list.9", "exists"), False),
        (where("s", "nothing.at.all", "!=", 1), True),
        (where("s", "nothing", "<", 1), False),
        (where("s", "none", "==", None), True),
        (where("s", "t", "in", ("abc", 2)), True),
        (all_of(ended("s", "done"), none_of(ended("s", "failed"))), True),
    ]
    for condition, wanted in cases:
        assert holds(condition, lambda _: value, lambda _: "done") is wanted, condition


# -- documents of others -----------------------------------------------------------------------------------
def hostile(chain: dict[str, object]) -> bytes:
    return json.dumps({"version": 1, "chain": {"name": "c", **chain}}).encode()


def nested(word: str, depth: int, inside: dict[str, object]) -> dict[str, object]:
    for _ in range(depth):
        inside = {word: inside}
    return inside


STEP = {"id": "a", "skill": "x"}
TERM: dict[str, object] = {"step": "input", "op": "exists"}


@pytest.mark.parametrize(
    ("document", "error"),
    [
        (b"[" * 100_000, BadInput),
        (b'{"version": 1, "chain": ' + b'{"a":' * 50_000, BadInput),
        (b"x" * 300_000, TooLarge),
        (b"\xff\xfe", BadInput),
        (b'{"version": 2, "chain": {}}', BadInput),
        (hostile({"steps": [{**STEP, "code": "import os"}]}), BadInput),
        (hostile({"steps": [{**STEP, "when": nested("not", 150, TERM)}]}), BadInput),
        (hostile({"steps": [{"id": f"s{n}", "skill": "x"} for n in range(201)]}), BadInput),
        (hostile({"steps": [{**STEP, "when": {"all": [TERM] * 65}}]}), BadInput),
        (hostile({"steps": [{**STEP, "after": ["a"]}]}), BadInput),
        (hostile({"steps": [{**STEP, "input": nested("x", 180, {"$from": "a"})}]}), BadInput),
        (hostile({"steps": [{**STEP, "retry": 10**9}]}), BadInput),
        (hostile({"steps": [{**STEP, "deadline_s": -1}]}), BadInput),
        (hostile({"steps": [STEP], "output": {"$from": "nobody"}}), BadInput),
    ],
)
def test_a_hostile_document_is_an_error_and_soon(document: bytes, error: type[Exception]) -> None:  # AG-4
    with pytest.raises(error):
        check_chain(decode_chain(document, SETTINGS.chain_bytes), SETTINGS)


def test_steps_that_all_wait_for_each_other_are_checked() -> None:  # AG-4
    """As many as a document may have."""
    names = [f"s{number}" for number in range(190)]
    assert "wait for each other" in faults_of(*(Step(name, "x", after=tuple(names)) for name in names))


def test_what_steps_give_is_looked_into_only_as_far_as_is_safe() -> None:  # AG-4
    deep = b"[" * 5000 + b"]" * 5000
    assert value_of(deep) == deep.decode()
    assert value_of(b"{") == "{"
