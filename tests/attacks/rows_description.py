"""Attacks on what agents say of themselves: description documents and agent cards. Pure."""

from __future__ import annotations

from tests.attacks.attack import MEMORY, PURE, Attack

_PROOF = "tests/description/test_proof.py::"
_DOCUMENT = "tests/description/test_documents.py::"
_ACCESS = "tests/description/test_access.py::"

DESCRIPTION = (
    Attack(
        "changed-description",
        "change a byte of a signed description; sign it with a certificate that was revoked since",
        "names",
        (PURE,),
        "`bad-credential`: changed, signature",
        (
            f"{_PROOF}test_any_change_is_noticed",
            f"{_PROOF}test_what_a_revoked_certificate_signed_counts_no_more",
            f"{_PROOF}test_a_proof_of_another_kind_is_not_taken_for_one",
        ),
    ),
    Attack(
        "anothers-description",
        "sign the description of another agent, of a namesake elsewhere, as a service, under a CA of our "
        "domain's name",
        "names",
        (PURE,),
        "`bad-credential`: subject, domain, signature",
        (
            f"{_PROOF}test_nobody_signs_the_description_of_another",
            f"{_PROOF}test_a_namesake_of_another_domain_and_a_ca_of_the_same_name_prove_nothing",
            f"{_PROOF}test_a_service_of_the_domain_describes_no_agent",
            f"{_PROOF}test_a_proof_for_another_domain_is_refused",
        ),
    ),
    Attack(
        "reused-description",
        "show the signed description of an earlier registration, one that is over; register from one",
        "names",
        (PURE,),
        "`replayed`, `expired`",
        (
            f"{_PROOF}test_a_proof_for_another_registration_is_refused",
            f"{_PROOF}test_a_proof_has_its_time",
        ),
    ),
    Attack(
        "other-meaning",
        "a context of the attacker's, on the web or in the document, that gives `security` another meaning",
        "bounds",
        (PURE,),
        "`bad-input`: one context is known, and none is loaded",
        (
            f"{_DOCUMENT}test_what_is_malformed_is_refused_with_its_place",
            f"{_DOCUMENT}test_a_name_twice_is_no_document",
            f"{_DOCUMENT}test_size_and_depth_have_bounds",
        ),
    ),
    Attack(
        "unguarded-interface",
        "call an interface whose own rule one does not meet, by the rule of the whole agent",
        "access",
        (MEMORY, PURE),
        "`not-permitted`, logged and counted; rules that could not be kept apart are refused before",
        (
            f"{_ACCESS}test_without_the_credential_the_interface_refuses_and_the_rest_lets_in",
            "tests/description/test_enforcement.py::test_rules_that_could_not_be_enforced_are_refused",
        ),
    ),
    Attack(
        "two-faced-description",
        "publish that nobody but the qualified may call, and let in whoever comes",
        "access",
        (PURE,),
        "`bad-settings` in the agent, `bad-input` in the registry",
        (
            f"{_ACCESS}test_who_publishes_rules_has_no_others",
            f"{_ACCESS}test_a_published_rule_is_not_changed_beside_its_description",
            "tests/registry/test_access.py::test_who_publishes_whom_it_lets_in_registers_that_very_policy",
            f"{_DOCUMENT}test_security_is_mandatory",
        ),
    ),
    Attack(
        "forged-card",
        "an A2A agent card whose signature is of another card, or by a key that the card itself points to",
        "names",
        (PURE,),
        "`bad-credential`; a key that is not known here verifies nothing, and is not fetched",
        (
            "tests/description/test_a2a.py::test_a_signature_of_an_agent_of_a_pinned_domain_is_verified",
            "tests/description/test_a2a.py::test_signatures_of_strangers_are_said_to_be_unverified",
        ),
    ),
)
