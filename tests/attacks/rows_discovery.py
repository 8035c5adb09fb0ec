"""Attacks on finding and on being found. Pure."""

from __future__ import annotations

from tests.attacks.attack import HERE, MEMORY, NATS, PURE, Attack

_FINDER = "tests/registry/search/test_finder.py::"
_INTENTS = "tests/registry/search/test_intents.py::"
_REGISTRY = f"{HERE}test_registry.py::"
_SIGHT = "tests/registry/search/test_discovery_policy.py::"

DISCOVERY = (
    Attack(
        "find-what-is-hidden",
        "look for an agent, or for a part of it, that operator or owner hide: by conditions, by what is "
        "counted, by further pages, by what is suggested, by name",
        "discovery",
        (PURE, NATS),
        "nothing is found, counted or suggested; who names an agent gets its key card and nothing else",
        (
            f"{_FINDER}test_what_an_owner_hides_is_not_found_by_it_counted_or_suggested",
            f"{_REGISTRY}test_that_there_is_another_page_tells_nothing_of_who_is_hidden",
            f"{_FINDER}test_who_finds_nobody_is_told_what_may_have_been_meant",
            f"{_SIGHT}test_an_operator_hides_agents_by_what_their_askers_and_they_are",
            f"{_SIGHT}test_the_index_shows_whom_the_policy_shows",
            f"{_SIGHT}test_who_may_not_find_an_agent_may_still_seal_to_it_and_learns_nothing_else",
            "tests/cli/test_discover.py::test_an_operator_hides_an_agent_and_is_told_why_it_is_not_found",
        ),
    ),
    Attack(
        "ended-credential",
        "be found by a credential that has ended",
        "discovery",
        (PURE,),
        "not found by it",
        (f"{_FINDER}test_a_credential_counts_until_it_ends",),
    ),
    Attack(
        "rigged-ranking",
        "praise oneself, say one's praise or blame of another again and again, by all agents of an "
        "organisation, of agents that are not there",
        "discovery",
        (MEMORY,),
        "nothing is learnt from oneself; one organisation, or one asker without, counts once; `not-found`",
        (
            f"{_INTENTS}test_who_served_an_intent_rises_for_others_and_nobody_praises_itself",
            f"{_REGISTRY}test_agents_of_one_organisation_are_one_voice_and_none_for_each_other",
        ),
    ),
    Attack(
        "costly-questions",
        "questions that are malformed, too long, or too many for one agent or one organisation",
        "bounds",
        (PURE,),
        "`bad-input`, `too-large`, `overloaded` with the time to wait",
        (
            f"{_FINDER}test_a_question_that_nothing_can_answer_says_which_field_and_what_it_may_be",
            f"{_FINDER}test_a_cursor_continues_its_own_question_only",
            f"{_FINDER}"
            "test_questions_are_limited_per_party_and_per_organisation_and_the_refusal_says_until_when",
            "tests/endpoint/test_parts.py::"
            "test_who_is_overloaded_says_when_to_come_back_and_nobody_is_sent_away_for_longer_than_an_hour",
        ),
    ),
)
