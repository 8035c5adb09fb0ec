"""How an agent is written."""

from __future__ import annotations

import pytest

from overlay.errors import BadName
from overlay.naming.address import AtHost, is_address, parse_address
from overlay.naming.ids import PartyId

BOB = PartyId("bob", "b.example")


@pytest.mark.parametrize("text", ["bob@b.example", BOB.did, f" {BOB.did} "])
def test_an_id_and_a_did_name_the_same_agent(text: str) -> None:  # GW-7
    assert parse_address(text) == BOB


@pytest.mark.parametrize("text", ["https://b.example/agents/bob", "https://B.example./agents/bob/"])
def test_a_url_names_a_host_and_an_agent(text: str) -> None:  # GW-7
    assert parse_address(text) == AtHost("bob", "b.example")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("did:web:b.example", "agents:NAME"),
        ("did:web:b.example:users:bob", "agents:NAME"),
        ("did:web:b.example:agents:Bob", "not a name"),
        ("did:web:b.example%3A8443:agents:bob", "not a domain"),
        ("did:key:z6Mk", "did:web"),
        ("did:", "DID"),
        ("http://b.example/agents/bob", "https"),
        ("https://b.example/bob", "/agents/NAME"),
        ("https://alice@b.example/agents/bob", "/agents/NAME"),
        ("https://b.example:99999/agents/bob", "URL"),
        ("https://b.example:8443/agents/bob", "/agents/NAME"),
        ("https://b.example/agents/bob?x=1", "/agents/NAME"),
        ("https://[::1]/agents/bob", "not a domain"),
        ("bob@", "not a domain"),
    ],
)
def test_what_names_no_agent_says_what_is_wrong(text: str, why: str) -> None:  # GW-7
    assert is_address(text)
    with pytest.raises(BadName, match=why):
        parse_address(text)


def test_a_skill_is_no_address() -> None:  # GW-7
    assert not is_address("network.fault-diagnosis")
