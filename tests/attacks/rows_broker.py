"""Attacks at a broker by somebody whom it lets in. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, HERE, MEMORY, NATS, PURE, RABBITMQ, Attack

_SPEAKING = f"{HERE}test_speaking.py::"
_READING = f"{HERE}test_reading.py::"
_BROKER = f"{HERE}test_broker_speaks.py::"
_RABBIT = "tests/admission/test_rabbitmq_admission.py::"
_NATS = "tests/admission/test_nats_attacks.py::"
_LOG = "the broker refuses and logs user and subject"

BROKER = (
    Attack(
        "speak-as-another",
        "publish under the token of another agent, a service, the operator or the gateway",
        "names",
        (*BOTH, PURE),
        _LOG,
        (
            f"{_SPEAKING}test_an_agent_speaks_under_no_name_but_its_own",
            "tests/admission/test_permissions.py::test_nobody_publishes_under_a_token_of_another",
            f"{HERE}test_properties.py::"
            "test_no_grant_of_either_broker_covers_a_subject_that_ends_in_anothers_name",
        ),
    ),
    Attack(
        "speak-news",
        "tell the news of a service (who is revoked, which roots count)",
        "names",
        BOTH,
        _LOG,
        (f"{_SPEAKING}test_an_agent_speaks_under_no_name_but_its_own",),
    ),
    Attack(
        "speak-broken-name",
        "break a permission's pattern: line feed, dot, upper case, `*`, `>`, `#`, a prefix or suffix",
        "names",
        (*BOTH, PURE),
        f"{_LOG}; such names are certified for nobody (`bad-name`)",
        (
            f"{_SPEAKING}test_names_that_would_break_a_permissions_pattern_open_nothing",
            f"{_RABBIT}test_names_of_the_broker_and_regular_expressions_are_not_admitted",
            f"{_RABBIT}test_a_line_feed_after_the_own_token_does_not_slip_through",
            "tests/admission/test_permissions.py::test_only_a_name_gets_a_grant",
            "tests/admission/test_rabbitmq_permissions.py::"
            "test_the_permitted_routing_keys_are_the_granted_subjects",
            "tests/property/test_names.py::test_text_that_could_break_a_permission_is_no_agent_id",
            f"{HERE}test_properties.py::test_both_brokers_mean_the_same_by_a_grant",
        ),
    ),
    Attack(
        "speak-as-stolen-service",
        "with a service's stolen folder: speak as another service, an agent or the gateway",
        "names",
        BOTH,
        _LOG,
        (f"{_SPEAKING}test_who_stole_a_services_folder_still_speaks_under_its_name_only",),
    ),
    Attack(
        "newcomer-beyond-apply",
        "as the holder of a join token: anything but to apply (or to have a restored name back)",
        "admission",
        (*BOTH, PURE),
        _LOG,
        (
            f"{_SPEAKING}test_a_newcomer_says_apply_and_nothing_else",
            "tests/admission/test_permissions.py::test_a_newcomer_reaches_only_the_applications_to_the_ca",
        ),
    ),
    Attack(
        "read-anothers-inbox",
        "read the mailbox of another agent, a service, the gateway or a link",
        "mailboxes",
        (*BOTH, PURE),
        _LOG,
        (
            f"{_READING}test_an_agent_is_let_at_no_mailbox_but_its_own",
            "tests/admission/test_permissions.py::test_no_subject_is_in_the_mailboxes_of_two_agents",
        ),
    ),
    Attack(
        "read-everything",
        "`>`, `#`, `$SYS.>`, `_INBOX.>`, a channel one is not in, as agent, newcomer, service and gateway",
        "mailboxes",
        BOTH,
        _LOG,
        (f"{_READING}test_nobody_listens_to_everything_or_to_a_channel",),
    ),
    Attack(
        "jetstream-api",
        "reach JetStream's API, `$SYS`, another's consumer or its acknowledgements",
        "mailboxes",
        (NATS,),
        _LOG,
        (f"{_READING}test_what_jetstream_keeps_is_out_of_an_agents_reach",),
    ),
    Attack(
        "amqp-resources",
        "declare, bind, empty, consume or delete queues and exchanges; an alternate exchange; the trace",
        "mailboxes",
        (RABBITMQ,),
        "ACCESS_REFUSED; the broker logs user and queue",
        (
            f"{_READING}test_queues_of_others_are_neither_declared_bound_emptied_nor_deleted",
            f"{_RABBIT}test_an_agent_makes_binds_and_deletes_nothing",
        ),
    ),
    Attack(
        "management-interface",
        "policies, users and queues through RabbitMQ's management interface",
        "admission",
        (RABBITMQ,),
        "401, whatever certificate is shown",
        (f"{_RABBIT}test_nobody_but_the_administrator_reaches_the_management_interface",),
    ),
    Attack(
        "user-beside-certificate",
        "a user name or password beside the certificate; the provisioner's, or that of another account",
        "admission",
        BOTH,
        "NATS looks at the certificate only, and at the domain's own users for their passwords; RabbitMQ "
        "offers EXTERNAL only",
        (
            "tests/admission/test_nats_access.py::test_the_domains_own_users_need_their_password",
            "tests/admission/test_nats_access.py::test_a_user_name_given_by_the_client_counts_for_nothing",
            f"{_RABBIT}test_the_broker_offers_tls_and_certificates_only",
            f"{_RABBIT}test_the_provisioner_keeps_its_permissions",
        ),
    ),
    Attack(
        "reply-as-weapon",
        "a reply subject that makes NATS itself delete, fetch, store or ask the callout",
        "mailboxes",
        (NATS,),
        "nothing happens: parties and store live in different accounts",
        (f"{_NATS}test_a_reply_subject_makes_the_broker_do_nothing",),
    ),
    Attack(
        "reply-under-anothers-token",
        "a reply subject that makes NATS's acknowledgement arrive under another's token",
        "names",
        (NATS, MEMORY),
        "`bad-envelope`, counted by the receiver; it uses up nobody's share of questions or greetings",
        (
            f"{_BROKER}test_answers_of_nats_under_anothers_token_are_dropped_and_held_against_nobody",
            "tests/endpoint/test_asking.py::"
            "test_what_the_broker_itself_says_under_a_token_is_not_held_against_its_owner",
            f"{HERE}test_greetings.py::test_what_the_broker_itself_says_uses_up_no_greeting_of_a_peer",
        ),
    ),
    Attack(
        "acknowledge-for-another",
        "name another's acknowledgement subject as the reply",
        "mailboxes",
        (NATS,),
        "the broker refuses: reserved reply subject",
        (f"{_NATS}test_nobody_acknowledges_for_another_by_naming_it_as_reply",),
    ),
    Attack(
        "foreign-reply-in-a-message",
        "a message that names a subject of the attacker's as the place to settle it",
        "mailboxes",
        (MEMORY,),
        "`foreign-reply`, counted: neither taken nor settled",
        (
            "tests/transport/test_nats_stored.py::"
            "test_a_message_that_names_a_foreign_reply_subject_is_neither_taken_nor_settled",
        ),
    ),
    Attack(
        "stream-by-headers",
        "headers that roll up, schedule or trace (`Nats-Rollup`, `Nats-Schedule`, `Nats-Trace-Dest`)",
        "mailboxes",
        (NATS,),
        "the broker answers with an error; nothing is stored or published",
        (f"{_NATS}test_headers_give_no_power_over_the_stream",),
    ),
    Attack(
        "amqp-speaks",
        "default exchange, direct reply-to, `user_id`, dead-letter and expiry headers",
        "names",
        (RABBITMQ,),
        "ACCESS_REFUSED or PRECONDITION_FAILED; the broker logs it",
        (
            f"{_BROKER}test_rabbitmqs_own_ways_of_publishing_name_the_attacker_or_are_refused",
            f"{_RABBIT}test_no_queue_is_reached_by_its_name_or_by_another_exchange",
        ),
    ),
    Attack(
        "carbon-copies",
        "`CC` and `BCC` headers with another's routing key",
        "names",
        (RABBITMQ,),
        "**bytes arrive** (RabbitMQ 3 checks no copies) under the attacker's key: `bad-envelope`, counted",
        (
            f"{_BROKER}test_rabbitmqs_own_ways_of_publishing_name_the_attacker_or_are_refused",
            f"{_RABBIT}test_a_copy_header_puts_no_message_under_another_token",
        ),
    ),
    Attack(
        "squat-on-an-identifier",
        "store first under the identifier of another's reliable message",
        "mailboxes",
        (NATS,),
        "identifiers are 128 random bits, seen by brokers and the receiver only; a copy is a duplicate",
        (f"{_BROKER}test_an_identifier_that_was_taken_before_stores_nothing_for_its_thief",),
    ),
    Attack(
        "protocol-injection",
        "a subject with line breaks in it, to smuggle commands onto the wire",
        "names",
        (NATS, RABBITMQ),
        "`bad-name`, before anything is sent",
        (
            "tests/transport/test_nats.py::test_a_subject_cannot_smuggle_commands_onto_the_wire",
            "tests/transport/test_rabbitmq_publishing.py::"
            "test_a_subject_longer_than_the_protocol_has_room_for_is_a_bad_name",
        ),
    ),
    Attack(
        "doorkeeper-gone",
        "kill a doorkeeper, or come to one that was away when a certificate was revoked",
        "revocation",
        (NATS,),
        "the other lets in and keeps out; one that does not know lets nobody in",
        (
            "tests/domain/test_admission.py::"
            "test_a_revocation_ends_what_any_door_let_in_and_a_door_that_was_away_knows_it",
            "tests/domain/test_fresh_denials.py::test_nobody_is_let_in_before_the_ca_was_asked",
            "tests/admission/test_nats_leaving.py::"
            "test_without_a_doorkeeper_who_is_in_stays_and_nobody_comes_in",
        ),
    ),
    Attack(
        "connections-without-end",
        "so many connections, channels or subscriptions that there is no room for others",
        "bounds",
        BOTH,
        "the broker takes no more of that party, and logs it",
        (
            "tests/admission/test_nats_leaving.py::"
            "test_a_certificate_has_only_so_many_connections_and_its_first_ones_stay",
            "tests/admission/test_nats_leaving.py::test_a_connection_has_only_so_many_subscriptions",
            "tests/admission/test_rabbitmq_admission.py::"
            "test_an_agent_has_only_so_many_connections_and_channels",
        ),
    ),
)
