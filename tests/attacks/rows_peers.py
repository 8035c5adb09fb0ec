"""Attacks by what a peer's gateway, or a member of a channel, says without end or without sense. Pure."""

from __future__ import annotations

from tests.attacks.attack import HERE, MEMORY, PURE, Attack

_PEERS = f"{HERE}test_peers_gateway.py::"
_CHANNELS = f"{HERE}test_channels.py::"

PEERS = (
    Attack(
        "nonsense-items",
        "fill each kind of item over a link with nonsense: no names, the largest and smallest numbers",
        "bounds",
        (MEMORY,),
        "counted by kind; the line goes on",
        (f"{HERE}test_nonsense.py::test_an_item_without_sense_ends_nothing",),
    ),
    Attack(
        "nonsense-wishes",
        "want channels with names that are none, for domains that are none, or all channels that "
        "there is room for",
        "bounds",
        (MEMORY, PURE),
        "`channel-wish-bad-name`, `channel-wish-overloaded`, counted; one peer has half of "
        "`gateway_channels`",
        (
            f"{_PEERS}test_a_wish_for_what_is_no_channel_is_counted_and_nothing_ends",
            f"{_PEERS}test_one_peer_does_not_use_up_the_channels_that_all_may_want",
            f"{_PEERS}test_wishes_for_very_many_domains_have_a_bound_together",
        ),
    ),
    Attack(
        "blame-without-end",
        "say of messages that never went there that they were dropped, and that senders wait for ever",
        "bounds",
        (MEMORY,),
        "`far-of-nothing`, counted: of no more than went there; nobody waits longer than an hour "
        "by others' word",
        (
            f"{_PEERS}test_a_time_to_wait_without_sense_holds_nobody_back_for_ever",
            f"{_PEERS}test_nobody_is_blamed_for_more_messages_than_went_there",
        ),
    ),
    Attack(
        "announce-without-end",
        "announce tens of thousands of domains in one item, again and again; name thousands of "
        "processes to dial",
        "bounds",
        (MEMORY,),
        "`route-too-often`: the line ends; a line to each of sixteen processes at most",
        (
            f"{_PEERS}test_announcements_cost_by_what_they_tell_not_by_items",
            f"{_PEERS}test_a_peer_that_names_thousands_of_processes_is_not_dialled_thousands_of_times",
        ),
    ),
    Attack(
        "around-the-caps",
        "send more than the caps permit: in a service's name, by made-up senders and receivers, in channels; "
        "a thousand names for a share each of one receiver; everything as critical through us",
        "bounds",
        (MEMORY, PURE),
        "`overloaded`, counted; a domain has one share of a receiver; beyond its cap critical "
        "goes on as normal",
        (
            f"{_PEERS}test_what_is_said_in_the_name_of_a_service_of_a_peer_counts_for_the_peer",
            f"{_PEERS}test_made_up_senders_and_receivers_do_not_let_a_cap_begin_anew",
            f"{_PEERS}test_a_domain_gets_no_more_of_a_receiver_by_a_thousand_names",
            f"{_PEERS}test_what_is_published_in_channels_counts_at_the_caps",
            f"{_PEERS}test_what_a_peer_publishes_in_channels_counts_at_its_caps",
            f"{_PEERS}test_critical_messages_of_others_beyond_the_cap_go_on_as_normal_ones",
        ),
    ),
    Attack(
        "far-denials",
        "as who leads to a far domain: make up revocations until there is room for no true one, "
        "or none that goes",
        "revocation",
        (PURE,),
        "the oldest make room; all of them are forgotten with the domain (`overlay peer far remove`)",
        (
            f"{HERE}test_far_denials.py::test_made_up_revocations_do_not_keep_out_true_ones",
            f"{HERE}test_far_denials.py::test_what_was_said_of_a_far_domain_is_forgotten_with_it",
        ),
    ),
    Attack(
        "look-up-flood-together",
        "several peers at once take all look-ups that may be under way",
        "bounds",
        (MEMORY,),
        "`overloaded`, counted: a quarter is kept for our own",
        ("tests/gateway/test_lookups.py::test_peers_together_leave_room_for_our_own_look_ups",),
    ),
    Attack(
        "channel-from-outside",
        "ask the owner of a channel that one was never in for its secret or its members",
        "access",
        (MEMORY,),
        "`not-permitted`; who was in it hears from it who stayed",
        (f"{_CHANNELS}test_who_was_never_in_a_channel_learns_neither_its_secret_nor_its_members",),
    ),
    Attack(
        "invite-without-end",
        "invite an agent to ever more channels",
        "bounds",
        (MEMORY,),
        "an inviter's own oldest invitations are forgotten",
        (f"{_CHANNELS}test_invitations_without_end_take_the_place_of_their_senders_own",),
    ),
)
