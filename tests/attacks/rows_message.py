"""Attacks by and on messages, and on those who receive them. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, HERE, MEMORY, PURE, Attack

_LIVE = f"{HERE}test_envelopes.py::test_forged_messages_are_refused_with_their_reasons_counted"
_COMPLAINTS = f"{HERE}test_complaints.py::"
_TRUST = "tests/trust/test_attacks.py::"
_ENDPOINT = "tests/endpoint/test_attacks.py::"
_WIRE = "tests/property/test_envelope.py::"
_ORIGIN = "tests/endpoint/test_origin.py::"

MESSAGE = (
    Attack(
        "forged-sender",
        "another's name in the header, with a key and certificate of one's own",
        "names",
        (*BOTH, MEMORY, PURE),
        "`bad-envelope`, `bad-seal`, counted by the receiver",
        (
            _LIVE,
            f"{_ENDPOINT}test_nobody_sends_under_another_name",
            f"{_TRUST}test_nobody_shows_anothers_wrap_as_his_own",
            f"{_TRUST}test_mallory_cannot_continue_alices_key",
            f"{_ORIGIN}test_a_subject_that_does_not_fit_the_header_is_refused",
        ),
    ),
    Attack(
        "tampered-envelope",
        "change any bit of an envelope, or any field of its header",
        "names",
        (*BOTH, MEMORY, PURE),
        "`bad-seal`, counted; nothing is remembered of it",
        (
            _LIVE,
            f"{_TRUST}test_an_envelope_with_any_bit_flipped_never_opens",
            f"{_TRUST}test_no_bit_of_an_envelope_with_a_known_key_can_be_flipped",
            f"{_TRUST}test_a_message_is_bound_to_all_of_its_header",
            f"{_TRUST}test_a_message_that_does_not_open_changes_nothing",
            f"{_ENDPOINT}test_a_changed_message_does_not_open",
        ),
    ),
    Attack(
        "truncated-envelope",
        "cut an envelope short; random bytes; nesting without end; broken text",
        "bounds",
        (*BOTH, MEMORY, PURE),
        "`bad-envelope`, counted",
        (
            _LIVE,
            f"{_WIRE}test_bytes_from_anybody_are_an_envelope_or_a_clear_error",
            f"{_WIRE}test_an_envelope_cut_short_is_refused_or_has_its_whole_header",
            f"{_TRUST}test_nesting_without_end_and_broken_text_are_bad_envelopes",
        ),
    ),
    Attack(
        "replayed-envelope",
        "publish a message again",
        "names",
        (*BOTH, MEMORY, PURE),
        "`replayed`, `duplicate`, counted; handled once",
        (
            _LIVE,
            f"{_ENDPOINT}test_a_message_that_comes_again_is_handled_once",
            f"{_TRUST}test_a_realtime_message_opens_once_and_a_reliable_one_again",
            f"{_TRUST}test_a_window_takes_each_counter_once_and_none_from_behind",
            "tests/endpoint/test_reliable.py::test_copies_are_handled_once_by_all_processes_together",
        ),
    ),
    Attack(
        "late-envelope",
        "hold a message back beyond its deadline; a deadline beyond what receivers remember",
        "names",
        (*BOTH, MEMORY, PURE),
        "`expired`, `bad-envelope`, counted",
        (
            _LIVE,
            f"{_ENDPOINT}test_a_message_past_its_deadline_is_not_handled_and_its_sender_is_told",
            f"{_TRUST}test_a_deadline_beyond_what_the_receiver_remembers_is_refused",
        ),
    ),
    Attack(
        "moved-envelope",
        "publish a sealed message on another subject, in another priority, to another receiver or process",
        "names",
        (*BOTH, MEMORY, PURE),
        "`bad-seal`, `bad-envelope`, counted",
        (
            _LIVE,
            f"{_ENDPOINT}test_a_message_on_another_subject_does_not_open",
            f"{_TRUST}test_a_message_is_bound_to_the_subject_it_was_published_on",
            f"{_TRUST}test_a_receiver_cannot_hand_a_wrapped_key_on_as_the_senders",
        ),
    ),
    Attack(
        "reflected-envelope",
        "send a message back to whoever made it",
        "names",
        (*BOTH, PURE),
        "`bad-envelope`, `bad-seal`, counted",
        (_LIVE, f"{_TRUST}test_a_message_reflected_to_its_sender_is_refused"),
    ),
    Attack(
        "unauthorised-role",
        "an operator, a newcomer, a link as sender to agents; something else than a question to a service",
        "names",
        (MEMORY, PURE),
        "`refused`, `bad-certificate`, counted",
        (
            f"{_ENDPOINT}test_operators_and_newcomers_are_not_heard_by_agents",
            f"{_ENDPOINT}test_a_service_takes_nothing_but_questions",
            f"{_TRUST}test_links_newcomers_and_foreign_cas_do_not_send_to_agents",
        ),
    ),
    Attack(
        "answer-unasked",
        "answer, fail or acknowledge for somebody who was asked",
        "names",
        (MEMORY,),
        "`unasked`, `unasked-error`, counted; the asker waits on",
        (
            f"{_ENDPOINT}test_only_the_party_that_was_asked_can_answer",
            f"{_ENDPOINT}test_only_the_receiver_can_give_a_receipt",
            "tests/endpoint/test_foreign.py::test_the_gateway_has_no_say_in_what_stays_inside",
        ),
    ),
    Attack(
        "answers-elsewhere",
        "lead answers to a subject of one's choice by the slot in the header",
        "names",
        (*BOTH, MEMORY),
        "`bad-name`, `bad-envelope`, counted",
        (_LIVE, f"{_ENDPOINT}test_a_sender_cannot_lead_answers_to_subjects_of_its_choice"),
    ),
    Attack(
        "complaint-reflection",
        "make a receiver complain to a victim, of our domain or a third one",
        "bounds",
        (MEMORY, PURE),
        "`bad-envelope`, counted: complaints go to whoever could publish there; from a peer "
        "`foreign-sender`, by our gateway. That gateway itself can cause some to agents of ours, who count "
        "`unasked-error`",
        (
            f"{_COMPLAINTS}test_a_member_cannot_have_complaints_sent_to_somebody_else",
            f"{_COMPLAINTS}test_a_peer_cannot_have_complaints_sent_to_another_domain_or_to_ours",
            f"{_COMPLAINTS}test_our_gateway_itself_can_have_complaints_sent_to_agents_of_ours_alone",
        ),
    ),
    Attack(
        "forged-news",
        "tell all processes of the domain what no service said (on NATS by its own acknowledgements)",
        "bounds",
        (MEMORY,),
        "`news-bad-envelope`, `news-bad-signature`: counted by each, logged once",
        (
            f"{_COMPLAINTS}test_forged_news_are_counted_by_every_process_and_fill_no_log",
            "tests/ca/test_revocation_push.py::test_only_the_ca_says_what_is_revoked",
        ),
    ),
    Attack(
        "complaint-flood",
        "thousands of messages that do not open, to be answered each",
        "bounds",
        (MEMORY,),
        "one answer for many, and only so often",
        (f"{_ENDPOINT}test_a_flood_that_does_not_open_is_answered_within_limits",),
    ),
    Attack(
        "unknown-key-oracle",
        "guess key identifiers, to learn which keys a receiver has from others",
        "bodies",
        (MEMORY,),
        "`unknown-key` in each case, told to the guesser alone, and only so often",
        (f"{_COMPLAINTS}test_an_unknown_key_is_told_to_its_sender_alone_and_only_so_often",),
    ),
    Attack(
        "push-out-keys",
        "so many keys that those of others are forgotten, from one sender or one domain",
        "bounds",
        (PURE,),
        "the least used of the same sender, then of the largest domain, goes",
        (
            f"{_TRUST}test_one_sender_cannot_push_out_the_keys_of_another",
            f"{_TRUST}test_one_domain_cannot_push_out_the_keys_of_another",
        ),
    ),
    Attack(
        "flood-a-service",
        "more questions to CA or registry than anybody needs",
        "bounds",
        (*BOTH, MEMORY),
        "`over-rate`, `bad-envelope`, counted; others are answered",
        (
            f"{HERE}test_envelopes.py::test_a_member_who_floods_a_service_does_not_stop_it_for_others",
            "tests/endpoint/test_asking.py::test_who_floods_a_service_is_stopped_and_others_are_answered",
            "tests/registry/search/test_discovery.py::test_queries_are_limited_per_party_and_minute",
        ),
    ),
    Attack(
        "flood-a-mailbox",
        "more messages than a reader takes",
        "bounds",
        BOTH,
        "dropped and counted (realtime), `overloaded` to the sender (reliable)",
        (
            "tests/conformance/test_realtime.py::test_what_a_slow_reader_has_no_room_for_is_dropped_and_counted",
            "tests/conformance/test_stored.py::"
            "test_a_reader_that_settles_nothing_holds_no_more_than_its_bound",
            "tests/transport/test_rabbitmq_publishing.py::test_a_full_mailbox_does_not_take_another_message",
        ),
    ),
    Attack(
        "oversized",
        "an envelope, header, attributes, body, subject, CSR, profile, token, bundle beyond its limit",
        "bounds",
        (*BOTH, MEMORY, PURE),
        "`too-large`, `bad-envelope`, `bad-name`, `bad-certificate`",
        (
            "tests/conformance/test_realtime.py::test_a_payload_may_be_as_large_as_the_limit_and_no_larger",
            f"{_WIRE}test_a_header_over_its_limit_is_not_made",
            f"{_WIRE}test_content_that_refers_to_too_much_is_refused",
            "tests/endpoint/test_asking.py::test_too_much_is_refused_before_anything_is_sent_or_looked_up",
            f"{HERE}test_csr.py::test_a_newcomer_gets_no_certificate_but_the_one_its_token_is_for",
            "tests/registry/registration/test_profile.py::test_a_profile_over_the_limit_as_a_whole_is_refused",
            "tests/transport/test_rabbitmq_publishing.py::"
            "test_a_subject_longer_than_the_protocol_has_room_for_is_a_bad_name",
            f"{HERE}test_oversized.py::test_what_is_too_large_is_refused_before_it_is_read",
        ),
    ),
    Attack(
        "number-beyond-the-disk",
        "numbers that no file can hold, in what a receiver or a service writes down; not-a-number where "
        "one waits: to end the thread that writes, or to wait for ever",
        "bounds",
        (PURE,),
        "`bad-envelope`, `bad-input`; should one get as far as a file, it fails alone",
        (
            f"{_WIRE}test_content_that_refers_to_too_much_is_refused",
            "tests/channels/test_charter.py::test_a_roster_with_an_impossible_number_is_none",
            "tests/sessions/test_standing.py::test_who_reads_a_record_names_no_impossible_numbers",
            "tests/endpoint/test_parts.py::test_what_no_file_can_hold_fails_alone_and_others_are_written",
        ),
    ),
    Attack(
        "revoked-sender",
        "speak on with a key that a receiver knows, after the certificate was revoked",
        "revocation",
        (MEMORY, PURE),
        "`bad-certificate`, counted",
        (
            f"{_ENDPOINT}test_a_revoked_sender_is_not_heard_any_more",
            f"{_TRUST}test_a_revoked_sender_is_refused_at_once_and_so_is_a_revoked_receiver",
        ),
    ),
    Attack(
        "broker-without-tls",
        "stand between agent and broker: no TLS, another CA, another host",
        "bodies",
        BOTH,
        "`unreachable`: nothing of ours is sent",
        (
            "tests/transport/test_nats.py::test_nothing_of_ours_goes_to_a_broker_without_tls",
            "tests/transport/test_nats.py::test_a_broker_of_another_ca_is_not_trusted",
            "tests/transport/test_rabbitmq_outages.py::test_a_broker_of_another_ca_is_not_trusted",
        ),
    ),
)
