"""Attacks on files, and by contexts of tasks. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, MEMORY, PURE, Attack

_FILES = "tests/content/test_attacks.py::"
_TRANSFER = "tests/content/test_transfer.py::"
_PARTS = "tests/context/test_parts.py::"
_SCOPES = "tests/context/test_scopes.py::"
_LIVE = (
    "tests/integration/test_files_live.py::"
    "test_a_stranger_fetches_what_it_was_offered_and_a_killed_gateway_stops_nothing"
)

CONTENT = (
    Attack(
        "fetch-without-offer",
        "fetch a file with a stolen reference, with another file's key, or named and without a key",
        "access",
        (MEMORY,),
        "`not-found`, the same for each; `file-not-offered`, counted by the holder",
        (
            f"{_FILES}test_a_stolen_reference_opens_nothing_and_being_named_alone_neither",
            f"{_TRANSFER}test_an_offer_outlives_its_process_and_ends_when_it_is_over",
        ),
    ),
    Attack(
        "offer-as-a-door",
        "as a stranger who was offered a file, ask its holder for something else, or for no chunk of it",
        "access",
        (*BOTH, MEMORY),
        "`not-permitted`, counted; `bad-input`",
        (_LIVE, f"{_FILES}test_nobody_asks_for_more_than_chunks_of_a_file"),
    ),
    Attack(
        "file-name-as-a-path",
        "name a file so that it is written elsewhere, or in place of another",
        "bounds",
        (PURE, MEMORY),
        "`bad-input`: the reference counts for nothing; what is there is not written over",
        (
            f"{_FILES}test_no_name_of_a_file_is_a_path",
            f"{_TRANSFER}test_what_is_here_already_is_not_fetched_and_nothing_is_written_over",
        ),
    ),
    Attack(
        "file-is-another",
        "as a holder: give out other chunks than offered, longer ones, or ones that unpack without end; "
        "change the file; lie about its size or digest",
        "bounds",
        (MEMORY, PURE),
        "`untrusted`, `too-large` or `not-found`; `file-chunk-wrong`, counted; nothing has its name",
        (
            f"{_FILES}test_one_wrong_chunk_is_asked_for_again_and_too_many_end_it",
            f"{_FILES}test_a_reference_that_lies_about_size_or_digest_is_found_out",
            f"{_FILES}test_a_packed_chunk_never_becomes_more_than_it_should",
            f"{_FILES}test_a_file_that_the_disk_has_no_room_for_is_not_begun",
            f"{_TRANSFER}test_a_file_that_was_changed_is_not_given_any_more",
        ),
    ),
    Attack(
        "hostile-context",
        "send a context that is malformed, nested without end, too large, or says that it is what it is not",
        "bounds",
        (PURE,),
        "`bad-input`, `too-large`, with the part that is wrong",
        (
            f"{_PARTS}test_a_hostile_part_is_refused_and_named",
            f"{_PARTS}test_nesting_without_end_two_of_one_name_and_far_too_many_are_refused",
            f"{_PARTS}test_bytes_from_anybody_are_a_context_or_a_clear_error",
            f"{_PARTS}test_a_part_that_is_too_large_is_named_with_its_size_the_limit_and_what_to_do",
        ),
    ),
    Attack(
        "context-beyond-a-step",
        "as an agent of one step: see fields that were not granted to it; change a part that it was not "
        "given, or unmark one that is sensitive",
        "access",
        (PURE,),
        "they are not in what it gets; `bad-input`, or what it says of them counts for nothing",
        (
            f"{_SCOPES}test_nobody_sees_more_than_its_scopes_and_grants_say",
            f"{_SCOPES}test_what_is_sent_without_a_word_withholds_what_is_sensitive",
            f"{_SCOPES}test_what_comes_back_adds_parts_and_changes_what_it_may",
            f"{_SCOPES}test_what_was_given_in_part_is_not_taken_back_and_no_other_part_is_touched",
        ),
    ),
)
