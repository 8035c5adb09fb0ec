"""Attacks on sessions: by who is in none, who is out, and participants on each other. Pure."""

from __future__ import annotations

from tests.attacks.attack import MEMORY, NATS, Attack

_HERE = "tests/sessions/test_standing.py::"
_LIVE = "tests/integration/test_sessions.py::"
_OUTSIDER = f"{_HERE}test_an_outsider_neither_reads_nor_says_nor_keeps_anything"
_OUT = f"{_LIVE}test_deputy_goes_on_without_the_initiator_and_a_revoked_participant_is_out"

SESSIONS = (
    Attack(
        "session-as-outsider",
        "as an agent that takes no part: read a session's record or entry, say something, keep a checkpoint, "
        "revise its quality, end it",
        "mailboxes",
        (MEMORY,),
        "`not-permitted`, by the session service",
        (_OUTSIDER,),
    ),
    Attack(
        "session-of-another-append",
        "as a participant: give the service what another sealed, or the same envelope again",
        "names",
        (MEMORY,),
        "`not-permitted`; of one's own the number that it has already, and no second event",
        (_OUTSIDER, f"{_HERE}test_numbers_are_the_services_own_and_only_leaders_end"),
    ),
    Attack(
        "session-after-removal",
        "as a participant that was put out, or whose certificate was revoked: wait on for events, read, say",
        "revocation",
        (MEMORY, NATS),
        "its waiting questions end, `not-permitted`; the channel has another secret",
        (
            f"{_HERE}test_who_is_put_out_is_out_at_once_and_reads_nothing_more",
            f"{_HERE}test_whose_certificate_is_revoked_waits_for_nothing_more",
            _OUT,
        ),
    ),
    Attack(
        "session-service-lies",
        "as a session service that was taken over: leave out events, say them twice, give them other numbers "
        "or senders",
        "bodies",
        (MEMORY,),
        "a gap or late beginning is refused; what is not what its seal says, or came before, is withheld, "
        "and counted `session-does-not-open`, `session-repeated`; what it never gave a number is not noticed",
        (
            f"{_HERE}test_a_record_with_a_gap_or_another_sender_is_not_believed",
            f"{_HERE}test_a_record_that_says_something_twice_or_begins_late_is_not_believed",
        ),
    ),
)
