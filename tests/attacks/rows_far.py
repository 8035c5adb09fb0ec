"""Attacks by those whose word counts for domains that are no peers. Pure."""

from __future__ import annotations

from tests.attacks.attack import MEMORY, PURE, Attack

_INTRODUCTIONS = "tests/registry/far/test_introductions.py::"
_LOOKUPS = "tests/gateway/test_lookups.py::"
_INSIDE = "tests/far/test_inside_live.py::"
_GRANTS = "tests/admission/test_permissions.py::"

FAR = (
    Attack(
        "introduce-what-we-know",
        "an introducer tells roots for our own domain, for a peer's, for one that our operator pinned",
        "borders",
        (PURE,),
        "`refused`; of a pinned domain nothing changes but by the word of its own CA",
        (f"{_INTRODUCTIONS}test_nobody_introduces_what_we_know_ourselves",),
    ),
    Attack(
        "introduce-without-the-right",
        "a plain peer introduces a domain; a child one outside of what its operator named; a peer hands on "
        "an introduction of somebody who may not introduce",
        "borders",
        (PURE,),
        "`refused`: its word counts for itself only; roots are left out of what is handed on",
        (
            f"{_INTRODUCTIONS}test_whose_word_counts",
            f"{_INTRODUCTIONS}test_a_child_never_introduces_everything",
            f"{_INTRODUCTIONS}test_a_plain_peer_introduces_nobody_until_the_operator_says_so",
            f"{_INTRODUCTIONS}test_a_peer_hands_on_no_introduction_of_who_may_not_introduce",
        ),
    ),
    Attack(
        "introduce-other-roots",
        "tell other roots of a domain than who introduced it first, older ones, those of another domain; go "
        "on after the right or the peering ended",
        "borders",
        (PURE, MEMORY),
        "`refused`, `bad-certificate`; what is believed by the word of who lost the right is not any more",
        (
            f"{_INTRODUCTIONS}test_a_second_introducer_does_not_take_the_place_of_the_first",
            f"{_INTRODUCTIONS}test_roots_never_go_back_to_an_older_epoch",
            f"{_INTRODUCTIONS}test_roots_of_another_domain_are_no_introduction",
            f"{_INTRODUCTIONS}test_an_introduction_lapses_with_the_right_of_who_made_it",
            f"{_INTRODUCTIONS}test_an_introduction_lapses_with_the_peer_and_is_not_back_with_another_of_its_name",
            "tests/endpoint/test_roots_check.py::test_roots_that_lapsed_are_forgotten_and_others_kept",
        ),
    ),
    Attack(
        "introduce-without-end",
        "introduce more domains than there is room for; look up more than one may, or what is not carried",
        "bounds",
        (PURE, MEMORY),
        "`overloaded` (far_domains, far_lookups_per_s), `refused`; counted",
        (
            f"{_INTRODUCTIONS}test_there_is_room_for_so_many_far_domains_only",
            f"{_LOOKUPS}test_a_peer_looks_up_at_its_rate_only",
            f"{_LOOKUPS}test_what_cannot_be_or_would_not_be_carried_is_refused",
        ),
    ),
    Attack(
        "answer-for-another",
        "a peer answers a look-up that another one was asked, or nobody, or for another domain",
        "borders",
        (MEMORY,),
        "counted (`far-answer-not-asked-for`), `bad-envelope`",
        (f"{_LOOKUPS}test_nobody_answers_what_another_was_asked_or_nobody_asked",),
    ),
    Attack(
        "hidden-from-afar",
        "look for a hidden agent through a domain that may see it, or in the name of one that may",
        "discovery",
        (PURE,),
        "`not-found`: both the peer that asks and whoever it says asks first have to be shown it",
        ("tests/registry/far/test_far_lookup.py::test_a_hidden_agent_is_not_found_from_afar",),
    ),
    Attack(
        "past-the-gateway",
        "an agent publishes straight to another one where messages inside pass the gateway",
        "admission",
        ("NATS", PURE),
        "the broker refuses and logs user and subject",
        (
            f"{_INSIDE}test_the_same_program_is_reached_over_the_broker_and_through_the_gateway",
            f"{_GRANTS}test_where_messages_inside_pass_the_gateway_agents_reach_each_other_by_it_only",
        ),
    ),
    Attack(
        "stolen-host-name",
        "a record in the DNS that nobody signed says that a host is another domain's",
        "names",
        (PURE,),
        "`refused`: only a name above the host's own counts without DNSSEC",
        ("tests/dns/test_hosts.py::test_an_unsigned_record_of_another_domain_counts_for_nothing",),
    ),
)
