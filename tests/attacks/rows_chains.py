"""Attacks by chains: documents that were made to hurt, and chains of those who may not send them. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, MEMORY, PURE, Attack

_CHECKING = "tests/chains/test_checking.py::"
_ORCHESTRATOR = "tests/chains/test_orchestrator.py::"
_LIVE = "tests/integration/test_chains_live.py::"

CHAINS = (
    Attack(
        "chain-made-to-hurt",
        "have a chain worked through that is huge, nested deep, in a circle, without end, or has conditions "
        "without end",
        "bounds",
        (PURE,),
        "`bad-input` or `too-large`, all that is wrong in words, before anything of it starts",
        (
            f"{_CHECKING}test_a_hostile_document_is_an_error_and_soon",
            f"{_CHECKING}test_steps_that_all_wait_for_each_other_are_checked",
        ),
    ),
    Attack(
        "chain-grows-while-it-runs",
        "as the author of a chain, or an agent that does a step: make inputs and outputs grow, or deep",
        "bounds",
        (MEMORY, PURE),
        "the step fails (`chain_output_bytes`, `chain_total_bytes`); what lies too deep is text",
        (
            f"{_ORCHESTRATOR}test_a_chain_of_somebody_costs_no_more_than_the_limits_say",
            f"{_ORCHESTRATOR}test_what_is_too_large_fails_the_step_and_opaque_bytes_are_handed_on",
            f"{_CHECKING}test_what_steps_give_is_looked_into_only_as_far_as_is_safe",
        ),
    ),
    Attack(
        "chain-of-a-stranger",
        "send a chain to an agent that works through chains of others, to have its steps done in its name",
        "access",
        BOTH,
        "`not-permitted`: only those whom `works_chains` names",
        (f"{_LIVE}test_a_chain_is_worked_through_by_another_agent_for_those_it_lets_only",),
    ),
)
