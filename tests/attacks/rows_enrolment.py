"""Attacks on the CA: requests, join tokens, applications, its orders and its log. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, HERE, MEMORY, PURE, Attack

_CSR = f"{HERE}test_csr.py::"
_ENROLMENT = "tests/ca/test_enrolment.py::"
_BUNDLE = "tests/trust/test_bundle.py::"
_AUDIT = "the CA names the check that failed, and writes it into its audit log"

ENROLMENT = (
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
        "held-application",
        "take over somebody's application that waits, approve one's own, use an approval that was withdrawn",
        "enrolment",
        (MEMORY, PURE),
        _AUDIT,
        (
            "tests/ca/test_applications.py::test_nobody_else_with_the_token_takes_over_a_held_application",
            "tests/ca/test_applications.py::test_an_approval_checks_everything_again",
            "tests/ca/test_applications.py::test_a_revoked_approval_brings_nothing_to_the_newcomer",
            "tests/ca/test_application_desk.py::test_only_the_operator_sees_and_decides_applications",
        ),
    ),
    Attack(
        "broken-policy",
        "remove or damage the CA's policy file, to be certified without it",
        "enrolment",
        (PURE,),
        "a policy that cannot be read permits nothing",
        (
            "tests/ca/test_applications.py::test_a_broken_policy_decides_nothing_and_says_so",
            "tests/ca/test_policy.py::"
            "test_a_change_counts_at_once_and_nothing_broken_or_missing_is_taken_for_permission",
        ),
    ),
    Attack(
        "restored-name",
        "get a name back that is another's, that was not revoked, or with the key that leaked",
        "revocation",
        (PURE,),
        _AUDIT,
        (
            "tests/ca/test_recovery.py::test_the_name_comes_back_to_its_own_key_and_to_no_other",
            "tests/ca/test_recovery.py::test_somebody_who_took_the_name_meanwhile_keeps_it",
            "tests/ca/test_recovery.py::test_only_a_revoked_agent_without_a_successor_is_restored",
            "tests/ca/test_recovery.py::test_a_restoring_token_is_for_one_name_and_a_while",
        ),
    ),
    Attack(
        "token-kept-back",
        "keep a second join or restoring token back, to return after a revocation; revoke oneself for less, "
        "so that a leaked key is not known as one; get what another holder of the name was given meanwhile",
        "revocation",
        (MEMORY, PURE),
        _AUDIT,
        (
            f"{_ENROLMENT}test_a_revocation_ends_the_tokens_of_that_name_that_were_made_before",
            "tests/ca/test_recovery.py::test_a_second_restoring_token_does_not_outlive_a_second_revocation",
            "tests/ca/test_recovery.py::"
            "test_that_a_key_leaked_may_be_found_out_after_its_thief_revoked_it_for_less",
            "tests/ca/test_credentials.py::"
            "test_who_gets_a_name_back_gets_nothing_that_another_holder_had_meanwhile",
        ),
    ),
    Attack(
        "renew-as-another",
        "renew an expired or revoked certificate, or go on with the credentials of another",
        "admission",
        (MEMORY, PURE),
        _AUDIT,
        (
            "tests/ca/test_authority.py::test_only_a_valid_certificate_renews",
            "tests/endpoint/test_renewal.py::test_nobody_renews_with_credentials_of_another",
        ),
    ),
)
