"""Attacks on who one is: certificates, requests for them, join tokens. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, HERE, MEMORY, PURE, Attack

_TLS = f"{HERE}test_certificates.py::"
_CSR = f"{HERE}test_csr.py::"
_ENROLMENT = "tests/ca/test_enrolment.py::"
_BUNDLE = "tests/trust/test_bundle.py::"
_KEEPER = "tests/admission/test_doorkeeper.py::"
_AUDIT = "the CA names the check that failed, and writes it into its audit log"
_PROFILE = (f"{_BUNDLE}test_a_certificate_must_look_as_ours_do", f"{_BUNDLE}test_an_identity_must_be_exact")

IDENTITY = (
    Attack(
        "foreign-ca",
        "a local agent's name in a certificate of a foreign CA, of a CA that takes our domain's name, of an "
        "agent as CA, by its own key",
        "admission",
        (*BOTH, PURE),
        "TLS ends with an alert (a raw socket sees it), and the broker logs it; `bad-certificate` elsewhere",
        (
            f"{_TLS}test_only_certificates_of_the_domains_own_ca_get_through_tls",
            f"{_KEEPER}test_a_root_of_the_same_domain_that_is_not_pinned_opens_nothing",
            f"{_BUNDLE}test_a_foreign_ca_cannot_make_our_alice",
            f"{_BUNDLE}test_a_self_signed_certificate_proves_nothing",
            f"{_BUNDLE}test_naming_our_root_as_issuer_does_not_help",
            "tests/admission/test_nats_access.py::test_tls_turns_away_what_the_ca_did_not_issue",
            "tests/admission/test_rabbitmq_admission.py::"
            "test_a_certificate_of_another_ca_is_refused_in_the_handshake",
        ),
    ),
    Attack(
        "pinned-peer-ca",
        "a pinned peer's CA certifies an agent of ours; a peer's agent at our broker",
        "admission",
        (*BOTH, PURE),
        "TLS ends with an alert; `bad-certificate`, `foreign-domain`, counted",
        (
            f"{_TLS}test_only_certificates_of_the_domains_own_ca_get_through_tls",
            f"{_BUNDLE}test_a_pinned_peer_cannot_speak_for_our_domain",
            f"{_KEEPER}test_another_domain_is_refused_even_when_its_roots_are_pinned",
        ),
    ),
    Attack(
        "expired-certificate",
        "a certificate that has expired; a connection that outlives its certificate",
        "admission",
        (*BOTH, PURE),
        "TLS ends with an alert, logged; NATS closes at the moment, RabbitMQ with the CA's next sweep; "
        "`expired` elsewhere",
        (
            f"{_TLS}test_an_expired_certificate_is_turned_away",
            f"{_KEEPER}test_an_expired_certificate_is_refused",
            f"{_BUNDLE}test_validity_has_the_allowed_skew_and_no_more",
            "tests/admission/test_nats_leaving.py::test_a_connection_ends_with_its_certificate",
            "tests/admission/test_rabbitmq_lapsed.py::"
            "test_a_connection_whose_certificate_has_ended_is_closed_and_no_other",
        ),
    ),
    Attack(
        "revoked-certificate",
        "come back with a certificate that was revoked, or race with the revocation",
        "revocation",
        BOTH,
        "the connection is closed; `revoked` in the callout's count; a TLS alert on RabbitMQ",
        (
            "tests/integration/test_security_live.py::test_a_revoked_agent_is_cut_off_and_found_by_nobody",
            "tests/admission/test_nats_access.py::test_a_denied_certificate_is_refused_and_counted",
            "tests/admission/test_nats_leaving.py::test_logins_that_race_with_an_expulsion_do_not_stay",
            "tests/admission/test_rabbitmq_admission.py::"
            "test_a_revoked_certificate_stays_out_when_its_name_is_admitted_again",
        ),
    ),
    Attack(
        "server-certificate",
        "log in with the broker's own certificate, or with none",
        "admission",
        BOTH,
        "the server refuses",
        (
            "tests/admission/test_rabbitmq_admission.py::test_a_server_certificate_logs_nobody_in",
            "tests/admission/test_rabbitmq_admission.py::test_a_certificate_without_admission_is_refused",
            f"{_KEEPER}test_roots_and_servers_do_not_log_in",
            f"{_TLS}test_only_certificates_of_the_domains_own_ca_get_through_tls",
        ),
    ),
    Attack(
        "two-identities",
        "a certificate with two identities, two roles, further extensions, another purpose",
        "admission",
        (PURE,),
        "`bad-certificate`: it must look exactly as ours do",
        _PROFILE,
    ),
    Attack(
        "reserved-name",
        "an agent under a name of the domain itself (`ca`, `gw`, `operator`, `link-…`, `join-…`)",
        "names",
        (*BOTH, PURE),
        _AUDIT,
        (
            f"{_CSR}test_a_newcomer_gets_no_certificate_but_the_one_its_token_is_for",
            f"{_ENROLMENT}test_no_token_is_made_for_a_name_that_no_agent_may_have",
            f"{_BUNDLE}test_an_agent_cannot_hold_a_name_of_the_domain_itself",
        ),
    ),
    Attack(
        "csr-for-another",
        "a request for another's name, for a name of another domain, for a pattern",
        "enrolment",
        (*BOTH, PURE),
        _AUDIT,
        (
            f"{_CSR}test_a_newcomer_gets_no_certificate_but_the_one_its_token_is_for",
            f"{_ENROLMENT}test_a_token_for_another_name_is_refused",
            "tests/trust/test_issuing.py::test_a_request_for_somebody_else_is_refused",
        ),
    ),
    Attack(
        "csr-key",
        "a weak key, RSA, another curve, somebody else's public key, a key that leaked",
        "enrolment",
        (*BOTH, PURE),
        _AUDIT,
        (
            f"{_CSR}test_a_newcomer_gets_no_certificate_but_the_one_its_token_is_for",
            f"{_ENROLMENT}test_a_key_on_another_curve_is_refused",
            f"{_ENROLMENT}test_the_key_of_somebody_else_is_refused",
            f"{_ENROLMENT}test_a_key_that_leaked_is_refused_even_to_its_owner",
            f"{_ENROLMENT}test_a_request_that_its_key_did_not_sign_is_refused",
            "tests/trust/test_issuing.py::test_requests_with_weak_keys_are_refused",
        ),
    ),
    Attack(
        "more-than-granted",
        "skills or an organisation beyond the token",
        "enrolment",
        (*BOTH, PURE),
        _AUDIT,
        (
            f"{_CSR}test_a_newcomer_gets_no_certificate_but_the_one_its_token_is_for",
            f"{_ENROLMENT}test_skills_outside_of_the_token_are_refused",
            f"{_ENROLMENT}test_another_organisation_than_the_token_says_is_refused",
        ),
    ),
    Attack(
        "token-again",
        "a join token replayed, expired, guessed, revoked, changed by a letter",
        "enrolment",
        (*BOTH, PURE),
        _AUDIT,
        (
            f"{_CSR}test_a_newcomer_gets_no_certificate_but_the_one_its_token_is_for",
            f"{_CSR}test_a_stolen_certificate_of_a_newcomer_opens_nothing_without_its_key",
            f"{_ENROLMENT}test_a_spent_token_gives_nothing_to_another_key",
            f"{_ENROLMENT}test_a_spent_token_does_not_bring_a_revoked_certificate_back",
            f"{_ENROLMENT}test_an_expired_token_is_refused",
            f"{_ENROLMENT}test_a_guessed_token_is_refused",
            f"{_ENROLMENT}test_a_revoked_token_is_refused",
            "tests/ca/test_join_token.py::test_a_token_with_one_other_letter_is_refused",
            "tests/ca/test_ca_service.py::test_holders_of_spent_and_expired_tokens_are_put_out",
        ),
    ),
    Attack(
        "orders-to-the-ca",
        "an agent asks what only the operator may: tokens, revoking another, links, the list",
        "admission",
        (MEMORY, PURE),
        "`refused`, and written into the audit log",
        (
            "tests/ca/test_ca_service.py::test_roles_are_kept_apart",
            "tests/ca/test_authority.py::test_an_agent_revokes_itself_and_nobody_else",
            "tests/ca/test_authority.py::test_nobody_kills_the_domain_by_revoking_a_part_of_it",
        ),
    ),
    Attack(
        "changed-audit-log",
        "change, cut or extend the audit log of CA or registry",
        "admission",
        (PURE,),
        "`bad-signature` names the first entry that does not follow",
        (
            "tests/ca/test_audit.py::test_a_changed_log_does_not_verify",
            "tests/ca/test_audit.py::test_a_log_that_lost_its_end_does_not_verify_against_a_known_head",
            "tests/ca/test_audit.py::test_the_log_cannot_be_changed_through_the_database",
        ),
    ),
    Attack(
        "forged-revocation-list",
        "a revocation list that the root did not sign",
        "revocation",
        (PURE,),
        "`bad-certificate`",
        ("tests/trust/test_revocation_list.py::test_a_list_that_the_root_did_not_sign_counts_for_nothing",),
    ),
    Attack(
        "mutated-signatures",
        "certificates, key cards and statements with any byte changed, cut, added, moved",
        "names",
        (PURE,),
        "none verifies",
        (
            f"{HERE}test_properties.py::test_nothing_signed_verifies_once_it_was_changed",
            "tests/trust/test_signed.py::test_no_changed_bit_of_a_statement_is_accepted_as_the_same",
            "tests/trust/test_signed.py::test_a_statement_cannot_be_moved_to_another_certificate_of_the_same_key",
            "tests/trust/test_signed.py::test_a_statement_of_another_kind_is_refused_even_under_a_new_label",
        ),
    ),
    Attack(
        "anothers-card",
        "register, or make, the key card of somebody else; one of an older certificate; one from the future",
        "names",
        (PURE,),
        "`refused`, `bad-signature`; in the registry's audit log",
        (
            "tests/registry/test_registration.py::test_the_key_card_of_somebody_else_is_refused",
            "tests/registry/test_registration.py::test_the_key_card_of_an_older_certificate_is_refused",
            "tests/trust/test_signed.py::test_nobody_makes_a_card_for_somebody_else",
            "tests/trust/test_signed.py::test_a_card_made_in_the_future_does_not_stay_the_newest_for_ever",
        ),
    ),
    Attack(
        "unbelievable-registry",
        "answer in the registry's place, or play an old answer or one to another question again",
        "names",
        (PURE, MEMORY),
        "`bad-signature`, `replayed`, `refused`",
        (
            "tests/registry/test_answers.py::test_nobody_but_the_registry_of_our_domain_answers_for_it",
            "tests/registry/test_answers.py::test_an_answer_to_another_question_is_refused",
            "tests/registry/test_answers.py::test_an_answer_with_any_bit_changed_is_refused",
            "tests/registry/test_registry_service.py::"
            "test_a_client_refuses_answers_of_a_registry_with_another_key",
        ),
    ),
    Attack(
        "files-of-others",
        "key files that others on the machine may read, folders that others may enter",
        "bodies",
        (PURE,),
        "`bad-settings`, with the command that helps",
        (
            "tests/brokers/test_private_files.py::"
            "test_a_file_that_others_may_read_is_refused_with_the_command_that_helps",
            "tests/endpoint/test_parts.py::test_a_home_that_others_can_read_is_not_used",
        ),
    ),
)
