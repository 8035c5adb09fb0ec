"""Attacks on entering the registry, and on what it keeps. Pure."""

from __future__ import annotations

from tests.attacks.attack import HERE, MEMORY, PURE, Attack

_REGISTRY = f"{HERE}test_registry.py::"
_SENDERS = "tests/agent/test_senders.py::"
_APPROVALS = "tests/registry/approval/test_approvals.py::"
_ENDPOINT = "tests/discovery/test_remote.py::"

REGISTRY = (
    Attack(
        "unregistered-sender",
        "take part without an entry: never register, wait for approval, be removed, and send to agents whose "
        "names one knows",
        "registration",
        (MEMORY,),
        "`not-permitted`, counted (`sender-not-registered`); the registry is asked once for each",
        (
            f"{_SENDERS}test_an_agent_that_is_not_registered_is_not_listened_to",
            f"{_SENDERS}test_a_sender_is_asked_about_once_and_not_for_each_message",
            f"{_SENDERS}test_a_registry_that_is_away_stops_nobody_it_did_not_name_unknown",
            f"{_SENDERS}test_one_that_was_removed_is_noticed_beside_the_work",
        ),
    ),
    Attack(
        "around-the-approval",
        "have one profile approved and register another with the same ID; bring a skill that waits in beside "
        "one that does not; register first, and get a certificate for another function then",
        "registration",
        (PURE,),
        "held for the operator again; request IDs have 128 bits",
        (
            f"{_REGISTRY}test_no_two_requests_of_an_approval_have_the_same_id_by_search",
            f"{_REGISTRY}test_a_skill_that_needs_no_approval_lets_no_other_in_beside_it",
            f"{_REGISTRY}test_a_certificate_for_another_function_is_decided_like_a_new_entry",
            f"{_APPROVALS}test_a_waiting_agent_is_neither_found_nor_known_until_it_is_approved",
            f"{_APPROVALS}test_an_entry_counts_as_it_is_while_its_change_waits",
        ),
    ),
    Attack(
        "profile-bomb",
        "a profile of a hundred thousand items, each to be compared with all others and named in an "
        "error; long questions, to fill the audit log with refusals",
        "bounds",
        (PURE,),
        "`too-large` at once, looked at no further; refusals are written down cut short",
        (
            f"{_REGISTRY}test_a_profile_that_is_too_large_is_looked_at_no_further",
            f"{_REGISTRY}test_what_was_asked_fills_no_audit_log",
        ),
    ),
    Attack(
        "anothers-id-as-name",
        "display the agent ID, DID or resource ID of another as one's name; tell, as a peer, of an agent "
        "that has the resource ID of one of ours",
        "names",
        (PURE,),
        "who is named by an ID is found, and nobody else; `refused`",
        (
            f"{_REGISTRY}test_nobody_is_found_by_the_id_of_another_that_it_took_for_its_display_name",
            f"{_REGISTRY}test_a_peers_agent_does_not_take_the_resource_id_of_ours",
        ),
    ),
    Attack(
        "peers-entry",
        "as a peer's registry: entries with a status, a resource ID or times that none of ours could have",
        "borders",
        (PURE,),
        "each such record is refused by itself, with a short reason",
        (f"{_REGISTRY}test_what_a_peer_says_of_an_entry_has_the_bounds_of_our_own",),
    ),
    Attack(
        "old-backup",
        "have the registry set back to a backup from before a revocation",
        "revocation",
        (PURE,),
        "the CA's list counts: the entry goes, and the denial is told again",
        (f"{_REGISTRY}test_an_old_backup_brings_nobody_back_whom_the_ca_revoked",),
    ),
    Attack(
        "words-that-cost",
        "fill the words that the registry learns with thousands that sound alike; a text of blanks",
        "bounds",
        (PURE,),
        "thirty for each sound; read in linear time",
        (
            f"{_REGISTRY}test_words_made_up_by_thousands_to_sound_alike_are_not_all_compared",
            f"{_REGISTRY}test_a_text_of_blanks_is_read_in_time",
        ),
    ),
    Attack(
        "bad-embeddings",
        "an embedding endpoint that answers slowly, without end, with nesting, NaN, vectors of another size",
        "bounds",
        (PURE,),
        "counted by its reason; the built-in table answers",
        (
            f"{_ENDPOINT}test_what_is_no_answer_is_refused",
            f"{_ENDPOINT}test_an_endless_answer_is_not_read_to_the_end",
            f"{_ENDPOINT}test_a_slow_endpoint_is_not_waited_for",
            f"{_ENDPOINT}test_an_intent_in_another_space_than_the_agents_is_compared_without_it",
        ),
    ),
)
