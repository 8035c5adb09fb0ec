"""Attacks on who one is: certificates, and what they sign. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, HERE, MEMORY, NATS, PURE, Attack

_TLS = f"{HERE}test_certificates.py::"
_BUNDLE = "tests/trust/test_bundle.py::"
_KEEPER = "tests/admission/test_doorkeeper.py::"
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
            "test_a_certificate_of_another_ca_or_of_an_agent_is_refused_in_the_handshake",
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
            "tests/integration/test_revocation_live.py::"
            "test_a_wrongly_revoked_agent_loses_everything_and_gets_everything_back",
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
        "stolen-own-key",
        "with the stolen key of registry or gateway: renew it, log in and go on, after `overlay ca rekey`",
        "revocation",
        (NATS, PURE),
        "every certificate of that name but the new one is revoked, and its keys are certified no more; the "
        "broker lets none of them in, peers deny them",
        (
            "tests/integration/test_rekey_live.py::test_stolen_keys_are_replaced_while_agents_go_on_asking",
            "tests/ca/test_rekeying.py::"
            "test_all_that_a_thief_made_of_a_stolen_key_ends_and_the_key_is_never_certified_again",
        ),
    ),
    Attack(
        "stolen-ca-service-key",
        "with the stolen key of the CA's service: a domain card, or a deny list, that no later one outdoes",
        "revocation",
        (PURE,),
        "`bad-signature`: no epoch is beyond now; once that certificate is denied, all is asked for again",
        (
            "tests/ca/test_rekeying.py::test_a_domain_card_that_its_owner_could_not_outdo_is_refused",
            "tests/ca/test_rekeying.py::test_what_a_thief_of_the_cas_key_said_hides_no_later_revocation",
            "tests/domain/test_rekey.py::test_the_ca_gets_another_key_which_everybody_in_the_folder_knows",
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
            "tests/registry/registration/test_registration.py::test_the_key_card_of_somebody_else_is_refused",
            "tests/registry/registration/test_registration.py::test_the_key_card_of_an_older_certificate_is_refused",
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
            "tests/domain/test_keys_at_rest.py::test_no_key_that_others_may_read_is_used",
        ),
    ),
    Attack(
        "rolled-back-list",
        "show an old list of what is revoked again, or tell one that is not the CA's",
        "revocation",
        (MEMORY, PURE),
        "`replayed`, `bad-signature`: refused by its epoch, and counted",
        (
            "tests/ca/test_revocation.py::test_a_list_that_was_rolled_back_is_refused",
            "tests/ca/test_revocation.py::test_nobody_has_the_ca_sign_an_epoch_that_has_not_been",
            "tests/ca/test_revocation_push.py::test_an_old_list_shown_again_is_refused_and_counted",
            "tests/ca/test_revocation_push.py::test_only_the_ca_says_what_is_revoked",
        ),
    ),
    Attack(
        "rolled-back-domain",
        "tell agents of roots, brokers and services as they were before, or as another than the CA has them",
        "admission",
        (MEMORY,),
        "`replayed`, `bad-signature`: believed of the CA only, and never an older epoch; counted",
        ("tests/ca/test_rollover.py::test_news_of_the_domain_are_believed_of_its_ca_only_and_never_go_back",),
    ),
)
