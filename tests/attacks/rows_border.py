"""Attacks across the border: by a peer's gateway, on a link, by foreign agents. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, HERE, MEMORY, PURE, Attack

_ROGUE = f"{HERE}test_rogue_gateway.py::"
_SHAKE = "tests/gateway/test_handshake.py::"
_FRAMES = "tests/gateway/test_frames.py::"
_LIVE = "tests/integration/test_security_live.py::"

BORDER = (
    Attack(
        "link-beyond-links",
        "a peer's gateway at our broker: agents, services, departures, other links",
        "borders",
        (*BOTH, PURE),
        "the broker refuses and logs user and subject",
        (
            f"{_LIVE}test_a_foreign_gateway_reaches_nothing_but_links_on_nats",
            f"{_LIVE}test_a_foreign_gateway_reaches_nothing_but_links_on_rabbitmq",
            "tests/admission/test_permissions.py::test_a_link_reaches_only_the_gateway_and_its_own_processes",
        ),
    ),
    Attack(
        "peer-for-a-third",
        "a peer's gateway brings messages of a third domain, of ours, over an invented path, to our services",
        "borders",
        (*BOTH, PURE),
        "`foreign-sender`, `not-found`, `hop-limit`, `expired`: counted by our gateway, told to the peer's",
        (
            f"{_ROGUE}test_a_peers_gateway_speaks_for_its_own_domain_to_our_agents_and_nothing_else",
            "tests/gateway/test_arrival.py::test_a_peer_speaks_for_its_own_domain_only",
            "tests/gateway/test_arrival.py::test_only_agents_of_ours_are_reached_from_outside",
        ),
    ),
    Attack(
        "agent-for-another-abroad",
        "an agent sends to another domain in the name of another agent or domain",
        "borders",
        (*BOTH, MEMORY),
        "`foreign-sender`, counted by its own gateway; the receiver does not even see it",
        (
            f"{_LIVE}test_an_agent_that_speaks_for_others_is_stopped_at_the_border",
            "tests/gateway/test_forwarding.py::test_an_agent_cannot_send_for_a_sender_of_another_domain",
        ),
    ),
    Attack(
        "handshake-with-others-keys",
        "with a good link certificate: shake hands as an agent of the peer, as our own gateway",
        "borders",
        (*BOTH, PURE),
        "`refused`, `bad-certificate`: counted, and told to the dialler",
        (
            f"{_ROGUE}test_with_a_good_link_certificate_but_anothers_keys_no_link_comes_about",
            f"{_SHAKE}test_a_certificate_of_another_domain_is_refused",
            f"{_SHAKE}test_an_agent_of_the_right_domain_is_no_gateway",
            f"{_SHAKE}test_a_root_of_the_same_name_that_is_not_the_pinned_one_proves_nothing",
            f"{_SHAKE}test_an_expired_and_a_revoked_certificate_are_refused",
            "tests/gateway/test_failover.py::test_a_stranger_who_speaks_a_peers_name_is_not_let_in",
        ),
    ),
    Attack(
        "relayed-handshake",
        "pass a greeting or its answer on to another gateway; stand in the middle",
        "borders",
        (PURE,),
        "`refused`, `bad-certificate`",
        (
            f"{_SHAKE}test_a_hello_passed_on_to_another_gateway_is_refused",
            f"{_SHAKE}test_a_welcome_passed_on_from_another_handshake_is_refused",
            f"{_SHAKE}test_a_gateway_in_the_middle_cannot_pass_its_own_certificate_off_as_the_peers",
        ),
    ),
    Attack(
        "old-transcript",
        "play an old greeting or its end again; know the keys but not the certificate's",
        "borders",
        (PURE,),
        "`bad-seal`, `bad-signature`",
        (
            f"{_SHAKE}test_a_replayed_hello_gets_a_welcome_that_the_old_finish_does_not_answer",
            f"{_SHAKE}test_whoever_knows_the_keys_still_has_to_sign",
            f"{_SHAKE}test_no_two_handshakes_have_the_same_keys",
        ),
    ),
    Attack(
        "downgrade",
        "an older version, weaker algorithms, fewer protocols, weak key shares",
        "borders",
        (PURE,),
        "`refused` with the reason; `bad-signature` when changed on the way",
        (
            f"{_SHAKE}test_an_older_version_is_refused_even_if_nothing_else_of_it_is_understood",
            f"{_SHAKE}test_weaker_algorithms_are_refused",
            f"{_SHAKE}test_no_common_protocol_is_refused_with_the_reason",
            f"{_SHAKE}test_a_hello_changed_on_the_way_fails",
            f"{_SHAKE}test_a_welcome_changed_on_the_way_fails",
            f"{_SHAKE}test_key_shares_of_a_wrong_size_or_order_are_refused",
        ),
    ),
    Attack(
        "frames",
        "tampered, replayed, reordered, lost and reflected frames; rubbish; a frame that unpacks to a lot",
        "borders",
        (PURE,),
        "`bad-seal`, `replayed`: counted, the session goes on; `gap`: it ends; `too-large`",
        (
            f"{_FRAMES}test_every_changed_byte_of_a_frame_is_noticed_and_the_session_goes_on",
            f"{_FRAMES}test_a_frame_played_again_is_refused_and_the_session_goes_on",
            f"{_FRAMES}test_a_lost_or_reordered_frame_is_a_gap",
            f"{_FRAMES}test_a_frame_reflected_to_its_sender_does_not_open",
            f"{_FRAMES}test_a_small_frame_that_unpacks_to_a_huge_one_is_refused",
            f"{_FRAMES}test_rubbish_is_refused_as_a_bad_frame",
            "tests/gateway/test_window.py::test_a_peer_cannot_acknowledge_what_was_not_sent",
        ),
    ),
    Attack(
        "peer-floods",
        "more messages than a link may bring; to agents that do not exist",
        "bounds",
        (MEMORY,),
        "`overloaded`, counted and told; others get through",
        (
            "tests/gateway/test_forwarding.py::test_a_flood_is_bounded_and_what_is_dropped_is_counted",
            "tests/gateway/test_forwarding.py::test_a_flood_to_unknown_agents_does_not_hold_up_the_others",
        ),
    ),
    Attack(
        "peers-records",
        "a peer's registry teaches ours agents that are not its own, or revokes without end",
        "borders",
        (PURE,),
        "each such record is refused by itself; `too-large`",
        (
            "tests/registry/search/test_discovery.py::"
            "test_records_that_are_not_the_peers_own_or_not_proved_are_refused_one_by_one",
            "tests/registry/search/test_discovery.py::test_a_peer_that_is_not_ours_teaches_nothing",
            "tests/registry/search/test_discovery.py::test_a_peer_that_revokes_without_end_is_not_followed",
        ),
    ),
    Attack(
        "peering-file",
        "a peering file that was changed, is for another domain, has another's root or another's key",
        "borders",
        (PURE,),
        "`bad-signature`, `refused`, `bad-input`",
        (
            "tests/domain/test_peering_file.py::test_every_changed_byte_is_noticed",
            "tests/domain/test_peering_file.py::test_a_file_that_the_gateway_did_not_sign_is_refused",
            "tests/domain/test_peering_file.py::test_a_file_with_the_root_of_another_domain_is_refused",
            "tests/domain/test_peering_file.py::"
            "test_an_answer_with_a_link_certificate_for_another_key_is_refused",
        ),
    ),
    Attack(
        "removed-peer",
        "go on after the peering ended, or with a revoked gateway",
        "revocation",
        (*BOTH, MEMORY),
        "the broker turns it away; its agents and roots are forgotten",
        (
            f"{_LIVE}test_a_removed_peer_is_cut_off",
            "tests/gateway/test_failover.py::test_a_peer_whose_certificate_was_revoked_is_shut_out",
            "tests/endpoint/test_foreign.py::test_a_domain_that_was_forgotten_is_not_heard",
        ),
    ),
    Attack(
        "unknown-domain",
        "an agent of a domain that is no peer, or a foreign name as a local one",
        "borders",
        (MEMORY,),
        "`bad-certificate`, `bad-envelope`, counted",
        (
            "tests/endpoint/test_foreign.py::test_a_domain_that_the_directory_does_not_know_is_not_heard",
            "tests/endpoint/test_foreign.py::test_a_foreign_name_does_not_pass_for_a_local_one",
            "tests/endpoint/test_origin.py::test_strangers_do_not_reach_services",
        ),
    ),
    Attack(
        "stranger",
        "a foreign agent that the receiver has not let in; a wider name for a denied skill",
        "access",
        (MEMORY, PURE),
        "`not-permitted` at the border and again at the receiver, with no more said than what would help",
        (
            "tests/gateway/test_access.py::test_a_stranger_is_refused_at_the_border_and_told_so",
            "tests/gateway/test_access.py::"
            "test_a_certificate_on_the_way_that_does_not_fit_is_refused_at_the_border",
            "tests/endpoint/test_access.py::test_a_stranger_is_refused_and_told_no_more_than_that",
            "tests/policy/test_access.py::test_nobody_foreign_gets_by_the_empty_policy",
            "tests/policy/test_access.py::test_a_denied_or_closed_skill_is_not_reached_by_a_wider_name",
            "tests/policy/test_access.py::test_what_is_denied_stays_denied_whatever_is_allowed",
            "tests/policy/test_access.py::test_a_refusal_tells_a_stranger_nothing_but_what_would_help",
        ),
    ),
    Attack(
        "pattern-opens-the-librarys-own",
        "as one who may publish on many topics of an agent (`*.>`, `*.file`): use the library's own "
        "(`overlay.channel`, `overlay.file`)",
        "access",
        (PURE,),
        "`not-permitted`: no pattern means them; nothing of an application begins with `overlay`",
        ("tests/agent/test_handlers.py::test_a_pattern_of_many_topics_opens_none_of_the_librarys_own",),
    ),
    Attack(
        "forged-credential",
        "a credential that was changed, is another's, of an unlisted issuer, revoked, or ambiguous",
        "access",
        (*BOTH, MEMORY, PURE),
        "`bad-credential`, `not-permitted`",
        (
            "tests/integration/test_credentials_live.py::"
            "test_a_credential_opens_a_peers_door_until_it_is_revoked",
            "tests/endpoint/test_access.py::test_another_ones_credential_helps_nobody",
            "tests/credentials/test_forged_tokens.py::test_a_token_with_another_character_never_verifies",
            "tests/credentials/test_forged_tokens.py::test_a_forged_token_is_refused",
            "tests/credentials/test_verifier.py::test_a_credential_is_of_use_to_its_subject_only",
            "tests/credentials/test_verifier.py::test_a_peers_ca_does_not_vouch_for_agents_of_others",
            "tests/credentials/test_verifier.py::"
            "test_a_revoked_credential_is_refused_whatever_its_holder_shows_along",
        ),
    ),
    Attack(
        "did-elsewhere",
        "a DID that leads a resolver into our own network, or to a server without a good certificate",
        "access",
        (PURE,),
        "`refused`, `bad-credential`: not fetched",
        (
            "tests/credentials/test_resolver.py::test_which_addresses_are_public",
            "tests/credentials/test_resolver.py::test_this_machine_and_its_network_are_not_fetched_from",
            "tests/credentials/test_resolver.py::test_a_server_of_an_unknown_ca_is_refused",
            "tests/credentials/test_resolver.py::test_only_https_is_fetched",
        ),
    ),
    Attack(
        "almost-a-skill",
        "ask for a skill by a name that no rule knows and a handler might: other case, blanks, doubled dots",
        "access",
        (PURE,),
        "`not-permitted`, counted",
        ("tests/policy/test_access.py::test_what_is_written_almost_like_a_skill_passes_by_no_rule",),
    ),
    Attack(
        "stranger-fills",
        "whom nobody lets in fills store, log, memory or ledger: stored messages for one process, topics and "
        "errors without end, status lists that unpack to a lot",
        "bounds",
        (MEMORY, PURE),
        "`bad-envelope`, `not-permitted`, `unasked-error`, counted; noted cut short, and only so often",
        (
            "tests/gateway/test_arrival.py::test_nothing_that_no_agent_reads_is_brought_into_our_store",
            "tests/endpoint/test_access.py::test_what_a_stranger_writes_is_kept_and_logged_cut_short",
            "tests/endpoint/test_access.py::test_another_ones_credential_helps_nobody",
            "tests/endpoint/test_attacks.py::test_errors_that_concern_nothing_fill_no_log",
            "tests/credentials/test_verifier.py::test_an_issuer_with_lists_without_end_fills_no_memory",
        ),
    ),
    Attack(
        "forged-dns",
        "records of another domain or root, signed with another key, unsigned; a file with other roots",
        "borders",
        (PURE,),
        "`untrusted`, `refused`, `bad-input`: nothing is pinned",
        (
            "tests/dns/test_finding.py::test_a_forger_and_a_domain_that_says_nothing_are_told_apart",
            "tests/dns/test_finding.py::test_an_unsigned_zone_counts_on_the_operators_word_only",
            "tests/dns/test_finding.py::test_a_file_of_another_domain_is_refused_even_with_its_own_fingerprint",
        ),
    ),
    Attack(
        "hidden-agent",
        "a peer looks for agents hidden from it: in its registry, by name, by how a message is refused",
        "borders",
        (*BOTH, MEMORY, PURE),
        "`not-found`, as for one that does not exist; no byte names it",
        (
            "tests/gateway/test_export.py::test_a_message_to_a_hidden_agent_meets_nobody_and_answers_to_it_come_through",
            "tests/registry/peers/test_export.py::test_what_a_peer_knows_is_what_is_exported_to_it_and_hidden_names_stay_here",
            "tests/integration/test_export_live.py::test_what_is_hidden_from_a_peer_is_neither_found_nor_reached",
        ),
    ),
)
