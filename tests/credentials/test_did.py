"""DIDs, DID URLs and where their documents are."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.credentials.did import Did, DidUrl, domain_of_did, party_of_did, web_url
from overlay.errors import BadName
from overlay.naming.ids import PartyId

names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True)
domains = st.lists(
    st.from_regex(r"[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?", fullmatch=True), min_size=1, max_size=4
).map(".".join)


@settings(deadline=None, max_examples=100)
@given(names, domains)
def test_an_agents_id_and_its_did_name_each_other(name: str, domain: str) -> None:
    party = PartyId.of(name, domain)
    assert party_of_did(party.did) == party
    assert str(Did.parse(party.did)) == party.did
    assert domain_of_did(party.did) is None


@settings(deadline=None, max_examples=100)
@given(st.text(max_size=40))
def test_whatever_is_read_as_a_did_url_is_written_the_same(text: str) -> None:
    for candidate in (text, f"did:web:a.example{text}"):
        try:
            read = DidUrl.parse(candidate)
        except BadName:
            continue
        assert str(read) == candidate


@pytest.mark.parametrize(
    "text",
    [
        "",
        "did:",
        "did:web",
        "did:web:",
        "DID:web:a",
        "did:Web:a",
        "did:web:a:",
        "did:web:a b",
        "did:web:a%2",
        "did:web:ä",
        "did:web:a\n",
    ],
)
def test_what_is_no_did_is_refused(text: str) -> None:
    with pytest.raises(BadName):
        Did.parse(text)


def test_a_did_url_has_path_query_and_fragment() -> None:
    read = DidUrl.parse("did:web:a.example:agents:bob/x?y=1#key-1")
    assert (str(read.did), read.path, read.query, read.fragment) == (
        "did:web:a.example:agents:bob",
        "/x",
        "y=1",
        "key-1",
    )


def test_a_document_is_where_the_method_says() -> None:
    expected = {
        "did:web:w3c-ccg.github.io": "https://w3c-ccg.github.io/.well-known/did.json",
        "did:web:w3c-ccg.github.io:user:alice": "https://w3c-ccg.github.io/user/alice/did.json",
        "did:web:example.com%3A3000:user:alice": "https://example.com:3000/user/alice/did.json",
    }
    assert {did: web_url(Did.parse(did)) for did in expected} == expected


@pytest.mark.parametrize(
    "text",
    [
        "did:web:127.0.0.1",
        "did:web:localhost%3A99999",
        "did:web:a.example%40evil.example",
        "did:web:a.example:..:x",
        "did:web:a.example:x%2Fy",
        "did:web:a.example::x",
        "did:web:A.example",
        "did:key:z6Mk",
    ],
)
def test_a_did_that_leads_elsewhere_has_no_url(text: str) -> None:
    with pytest.raises(BadName):
        web_url(Did.parse(text))
