"""Attacks on channels: by who is in none, by peers' gateways, by who was put out. Pure."""

from __future__ import annotations

from tests.attacks.attack import BOTH, HERE, MEMORY, PURE, Attack

_GROUP = "tests/channels/test_group.py::"
_CHARTER = "tests/channels/test_charter.py::"
_DEPUTIES = "tests/channels/test_deputies.py::"
_HISTORY = "tests/channels/test_history.py::"
_HERE = "tests/channels/"
_SIGNED = f"{_HERE}test_signatures.py::"
_SEAL = "tests/channels/test_seal.py::"
_FOREST = "tests/multicast/test_forest.py::"
_CASTING = "tests/multicast/test_casting.py::"
_LIVE = "tests/integration/test_channels.py::"
_FAR = "tests/integration/test_channels_federated.py::"
_ONE_DOMAIN = f"{_LIVE}test_members_read_in_order_away_or_not_and_who_is_put_out_reads_nothing"
_PUT_OUT = f"{_FAR}test_a_foreign_member_that_is_put_out_reads_no_more_and_who_is_none_does_not_come_in"

CHANNELS = (
    Attack(
        "publish-as-no-member",
        "publish in a channel that one is not in, or may only read, even with its secret",
        "names",
        (MEMORY, PURE),
        "`channel-not-permitted`, counted by each member",
        (
            f"{_GROUP}test_what_a_stranger_publishes_is_dropped_and_counted",
            f"{_SEAL}test_who_is_not_in_the_roster_or_may_only_read_is_not_heard",
        ),
    ),
    Attack(
        "publish-as-another-member",
        "as a member that controls a broker or a gateway too: publish in another member's name, move what it "
        "signed, announce a key of one's own",
        "names",
        (MEMORY, PURE),
        "in a signed channel `channel-bad-signature`, counted by each member; in others it is not noticed, "
        "which `docs/channels.md` says",
        (
            f"{_SIGNED}test_a_member_that_controls_a_gateway_or_broker_forges_others_unless_the_channel_is_signed",
            f"{_SIGNED}test_what_was_signed_cannot_be_moved_to_another_header",
            f"{_HERE}test_signed_group.py"
            "::test_in_a_signed_channel_members_read_each_other_and_nobody_in_anothers_name",
            f"{_HERE}test_announcing.py::test_a_member_that_announces_a_key_of_its_own_is_not_believed",
        ),
    ),
    Attack(
        "subscribe-as-no-member",
        "read at the broker a channel that one is not in; ask its owner, of another domain too",
        "mailboxes",
        BOTH,
        "the broker refuses (NATS), or brings nothing (RabbitMQ); `not-permitted`",
        (f"{HERE}test_reading.py::test_nobody_listens_to_everything_or_to_a_channel", _ONE_DOMAIN, _PUT_OUT),
    ),
    Attack(
        "read-after-removal",
        "as a member that was put out, in the home domain or another: read on, publish on",
        "mailboxes",
        (*BOTH, MEMORY),
        "its connections are closed, its domain asks no more and gets no more; `channel-old-epoch`",
        (
            _ONE_DOMAIN,
            _PUT_OUT,
            f"{_GROUP}test_who_is_put_out_reads_nothing_more_and_the_secret_is_another",
            f"{_CASTING}test_who_is_no_member_any_more_gets_nothing",
        ),
    ),
    Attack(
        "come-in-again",
        "as a member that was put out: join again, since its whole domain was invited or the channel is open",
        "access",
        (MEMORY,),
        "`not-permitted`, by owner and deputies, until it is invited by name",
        (f"{_GROUP}test_who_was_put_out_comes_in_by_no_invitation_but_one_of_its_own",),
    ),
    Attack(
        "peer-casts-off-its-way",
        "as a peer's gateway: bring publications of a channel that one is not in, of a third domain's "
        "agents, or the same again",
        "borders",
        (MEMORY, PURE),
        "`cast-not-in-tree`, `cast-foreign-sender`, `cast-twice`, counted; `channel-replayed` at members",
        (
            f"{_CASTING}test_a_peer_that_is_on_no_way_of_the_channel_is_refused",
            f"{_CASTING}test_who_asked_for_itself_brings_nothing_of_others_and_nothing_twice",
            f"{_FOREST}test_what_comes_along_no_edge_is_refused",
            f"{_SEAL}test_what_was_read_once_is_not_read_again",
        ),
    ),
    Attack(
        "peer-wishes-for-no-member",
        "as a peer's gateway: want a channel for domains in which nobody is a member",
        "borders",
        (PURE,),
        "`channel-wish-of-no-member`, counted by the home's gateway: nothing goes there",
        (f"{_FOREST}test_a_peer_that_asks_for_a_domain_without_members_is_refused",),
    ),
    Attack(
        "roster-by-no-deputy",
        "as a member: sign a roster, with a charter of one's own; as a deputy: what the owner alone says",
        "access",
        (MEMORY, PURE),
        "`refused` by the registry, and by members that it is told to",
        (
            f"{_GROUP}test_only_the_owner_says_who_is_in_it",
            f"{_CHARTER}test_who_is_no_deputy_signs_no_roster_whatever_it_writes_into_it",
            f"{_CHARTER}test_a_deputy_changes_nothing_that_the_owner_alone_says",
        ),
    ),
    Attack(
        "roster-by-former-deputy",
        "as a deputy that the owner dismissed: sign a roster of a far later version",
        "access",
        (MEMORY, PURE),
        "`refused`: an older charter counts nowhere where the newer is known",
        (
            f"{_DEPUTIES}test_a_deputy_that_is_dismissed_changes_nothing_any_more",
            f"{_CHARTER}test_a_charter_goes_before_any_version_and_at_the_home_one_change_follows_the_other",
        ),
    ),
    Attack(
        "recorder-asks-for-keys",
        "as who records a channel: join it, ask for its key, be named in a roster as one that reads, too",
        "bodies",
        (MEMORY, PURE),
        "`not-permitted`; `bad-input`, `refused`: such a roster is none",
        (
            f"{_HISTORY}test_who_records_a_channel_is_brought_what_is_published_and_never_has_a_key",
            f"{_CHARTER}test_who_records_has_no_other_right_and_is_the_domains_own",
        ),
    ),
    Attack(
        "past-beyond-grant",
        "as one that joined late: ask for the whole record of a channel that shows its recent past only; as "
        "one that may only publish",
        "bodies",
        (MEMORY,),
        "what is older was sealed with keys that nobody grants: `channel-past-unknown-key`",
        (
            f"{_HISTORY}test_of_a_recent_past_who_joins_reads_what_is_recent_and_no_more",
            f"{_HISTORY}test_who_may_only_publish_is_granted_no_former_key",
        ),
    ),
)
