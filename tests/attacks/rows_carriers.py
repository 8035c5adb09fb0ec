"""Attacks on an agent's HTTP address, and on live streams. Pure."""

from __future__ import annotations

from tests.attacks.attack import MEMORY, Attack

_HTTP = "tests/carriers/test_attacks.py::"
_BETWEEN = "tests/streams/test_between.py::"
_MALFORMED = f"{_HTTP}test_malformed_and_slow_requests_are_refused_and_the_connection_ends"

CARRIERS = (
    Attack(
        "http-without-certificate",
        "come to an agent's HTTP address without a certificate, with another domain's",
        "admission",
        (MEMORY,),
        "the handshake fails; `http-handshake-failed`",
        (
            f"{_HTTP}test_nobody_comes_in_without_a_certificate_of_a_trusted_domain",
            f"{_HTTP}test_agents_of_a_domain_that_was_not_named_go_by_the_gateways",
        ),
    ),
    Attack(
        "http-revoked",
        "go on over an open HTTP connection after one's certificate was revoked",
        "revocation",
        (MEMORY,),
        "401 with the next request; `http-bad-certificate`",
        (f"{_HTTP}test_who_is_revoked_is_out_with_its_next_request_on_the_same_connection",),
    ),
    Attack(
        "http-forged-sender",
        "name another sender in headers; bring an envelope of another again, or changed",
        "names",
        (MEMORY,),
        "the certificate counts, and the seal; 409 `replayed`, 401 `bad-seal`",
        (
            f"{_HTTP}test_who_asks_is_who_the_certificate_says_whatever_headers_say",
            f"{_HTTP}test_an_envelope_counts_for_who_sealed_it_and_once",
        ),
    ),
    Attack(
        "http-from-the-broker",
        "post an envelope over HTTP that was taken from a broker: once more, or ahead of those before it",
        "bounds",
        (MEMORY,),
        "400 `bad-input`, 409 `replayed`: what is numbered comes over the broker, in its turn",
        (f"{_HTTP}test_what_was_sealed_for_the_broker_is_not_taken_from_another",),
    ),
    Attack(
        "http-other-agent",
        "as an agent of the same domain: answer at the address of another",
        "bodies",
        (MEMORY,),
        "its key is not that of the key card: nothing goes; `bad-certificate`",
        (f"{_HTTP}test_who_has_not_the_key_of_the_agent_gets_nothing",),
    ),
    Attack(
        "http-malformed",
        "requests with two lengths, a header twice, a head or body that is too large, or no HTTP at all",
        "bounds",
        (MEMORY,),
        "400, 413, 431, and the connection ends; `http-bad-input`, `http-too-large`",
        (_MALFORMED,),
    ),
    Attack(
        "http-slow",
        "send a byte now and then, or nothing, on as many connections as there is room for",
        "bounds",
        (MEMORY,),
        "let go after `http_slow_s`, over `http_per_party` at once; `http-timed-out`, `http-overloaded`",
        (
            _MALFORMED,
            f"{_HTTP}test_who_sends_a_byte_now_and_then_does_not_keep_others_out",
            f"{_HTTP}test_who_has_too_many_silent_connections_does_not_keep_others_out",
        ),
    ),
    Attack(
        "stream-of-another",
        "send frames and words into a stream that one is no side of; nonsense, and impossible numbers",
        "names",
        (MEMORY,),
        "dropped; `stream-unknown`, `stream-bad-input`",
        (f"{_BETWEEN}test_frames_of_who_has_no_stream_here_are_dropped_and_counted",),
    ),
    Attack(
        "stream-not-permitted",
        "open a stream where one is not let in; go on after that was withdrawn",
        "access",
        (MEMORY,),
        "`not-permitted`; the stream ends with the next word of its sender",
        (f"{_BETWEEN}test_who_is_not_let_in_opens_none_and_goes_on_with_none",),
    ),
    Attack(
        "stream-flood",
        "send more and larger frames than are taken, with impossible numbers; open streams without end",
        "bounds",
        (MEMORY,),
        "dropped and counted in the stream; `overloaded`, `too-large`",
        (
            f"{_BETWEEN}test_a_flood_is_bounded_in_streams_frames_and_size",
            "tests/streams/test_buffer.py::test_an_impossible_number_moves_nothing",
        ),
    ),
)
