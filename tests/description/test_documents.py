"""Description documents: nothing is lost, nothing is guessed, and what is wrong is said with its place."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given, settings

from overlay.description.context import CONTEXT, OF_ANP
from overlay.description.description import Description
from overlay.description.node import parse_json
from overlay.description.reading import read_document
from overlay.description.writing import write_document
from overlay.errors import BadInput, OverlayError, TooLarge
from overlay.registry.record import Profile
from overlay.settings import Settings
from tests.description.profiles import CLINIC, PROFILES

SETTINGS = Settings()
DID = "did:web:a.example:agents:clinic"


def document() -> dict[str, object]:
    return copy.deepcopy(write_document(Description(CLINIC, DID, "r-1", 1_800_000_000.0)))


@given(PROFILES)
@settings(deadline=None, max_examples=60)
def test_a_profile_comes_back_from_its_document_as_it_was(profile: Profile) -> None:
    description = Description(profile, DID, "r-1", 1_800_000_000.5, {"my:term": [1]})
    assert read_document(write_document(description), SETTINGS) == description


def test_natural_language_and_structured_interfaces_are_told_apart() -> None:
    interfaces = document()["interfaces"]
    assert isinstance(interfaces, list)
    assert [one["type"] for one in interfaces] == ["NaturalLanguageInterface", "StructuredInterface"]
    assert interfaces[1]["url"] == "https://a.example/openrpc.json"
    assert read_document(document(), SETTINGS).profile.interfaces == CLINIC.interfaces


def test_security_is_mandatory() -> None:
    bare = document()
    del bare["security"]
    with pytest.raises(BadInput, match=r"^\$\.security: this is missing"):
        read_document(bare, SETTINGS)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"@context": "https://evil.example/context.jsonld"}, r"\$\['@context'\].*none is loaded"),
        ({"@context": {**CONTEXT, "security": "my:harmless"}}, r"\$\['@context'\]"),
        ({"type": "Product"}, r"\$\.type: this is no AgentDescription"),
        ({"securty": "x"}, r"\$\.securty: this term is not known: did you mean 'security'"),
        ({"name": 1}, r"\$\.name: this is a text, not a number"),
        (
            {"skills": [{"id": "text.echo"}, {"id": "No Slug"}]},
            r"\$\.skills\[1\]\.id: 'No Slug' is not a skill",
        ),
        ({"skills": [{"name": "x"}]}, r"\$\.skills\[0\]\.id: this is missing"),
        ({"languages": ["en", 3]}, r"\$\.languages: this is a list of texts"),
        ({"interfaces": ["rpc"]}, r"\$\.interfaces\[0\]: this is an object, not a text"),
        ({"interfaces": [{"type": "Interface"}]}, r"\$\.interfaces\[0\]\.type: an interface is a"),
        ({"security": ["oauth"]}, r"\$\.security: 'oauth' is not in \$\.securityDefinitions"),
        ({"security": []}, r"\$\.security: this names at least one"),
        (
            {"securityDefinitions": {"a": {"scheme": "credential"}}},
            r"\$\.securityDefinitions\.a\.credentialType",
        ),
        ({"location": {"geo": {"latitude": 91, "longitude": 0}}}, r"\$\.location\.geo: latitude"),
        ({"did": "alice"}, r"\$\.did: .*is no DID"),
        ({"created": "yesterday"}, r"\$\.created: "),
        ({"expectedLatencyMs": 1.5}, r"\$\.expectedLatencyMs: this is a whole number"),
    ],
)
def test_what_is_malformed_is_refused_with_its_place(change: dict[str, object], said: str) -> None:
    with pytest.raises(OverlayError, match=said):
        read_document(document() | change, SETTINGS)


def test_size_and_depth_have_bounds() -> None:
    with pytest.raises(TooLarge, match="description_bytes"):
        parse_json(b"{" + b" " * SETTINGS.description_bytes + b"}", "ad.json", SETTINGS)
    deep: object = []
    for _ in range(SETTINGS.description_depth):
        deep = [deep]
    with pytest.raises(TooLarge, match="nested too deep"):
        read_document(document() | {"my:tree": deep}, SETTINGS)


def test_a_name_twice_is_no_document() -> None:
    with pytest.raises(BadInput, match="a name is there twice"):
        parse_json(b'{"security": "a", "security": "b"}', "ad.json", SETTINGS)


def test_extensions_stay_at_the_root_and_are_reported_below_it() -> None:
    with_more = document() | {
        "my:mood": "good",
        "skills": [{"id": "text.echo", "my:level": 3}],
        "interfaces": [],
    }
    read = read_document(with_more, SETTINGS)
    assert write_document(read)["my:mood"] == "good"
    assert read.left == ("$.skills[0]['my:level']: no profile holds this",)


def test_documents_of_the_agent_network_protocol_are_read() -> None:
    anp: dict[str, object] = {
        "protocolType": "ANP",
        "protocolVersion": "1.0.0",
        "type": "AgentDescription",
        "name": "Grand Hotel Assistant",
        "owner": {"type": "Organization", "name": "Grand Hotel", "url": "https://hotel.example"},
        "securityDefinitions": {"didwba_sc": {"scheme": "didwba", "in": "header", "name": "Authorization"}},
        "security": "didwba_sc",
        "Infomations": [
            {"type": "Product", "description": "Rooms", "url": "https://hotel.example/rooms.json"}
        ],
        "interfaces": [
            {"type": "StructuredInterface", "protocol": "openrpc", "url": "https://hotel.example/rpc.json"},
            {"type": "NaturalLanguageInterface", "protocol": "YAML", "humanAuthorization": True},
        ],
    }
    read = read_document(anp, SETTINGS)
    assert read.profile.security == ("anyone",)
    assert [one.id for one in read.profile.interfaces] == ["openrpc-0", "yaml-1"]
    assert set(read.more) == {"Infomations"}
    assert read.left == (
        "$.owner.url: no profile holds this",
        "$.interfaces[1].humanAuthorization: no profile holds this",
    )


def test_the_older_json_ld_of_the_agent_network_protocol_is_read() -> None:
    anp: dict[str, object] = {
        "@context": OF_ANP,
        "@type": "ad:AgentDescription",
        "@id": "https://hotel.example/ad.json",
        "name": "Hotel",
        "ad:securityDefinitions": {"s": {"scheme": "didwba", "in": "header", "name": "Authorization"}},
        "ad:security": "s",
        "ad:interfaces": [{"@type": "ad:NaturalLanguageInterface", "protocol": "YAML"}],
    }
    assert read_document(anp, SETTINGS).profile.interfaces[0].kind == "natural-language"


def test_a_rule_that_the_overlay_cannot_check_is_refused_where_the_overlay_is_the_door() -> None:
    definitions = {"key": {"scheme": "apikey", "in": "header", "name": "X-Key"}}
    refused = document() | {"securityDefinitions": definitions, "security": "key", "interfaces": []}
    with pytest.raises(BadInput, match=r"^\$\.security: 'other:apikey header X-Key' cannot be checked"):
        read_document(refused, SETTINGS)


def test_a_description_whose_agent_decides_in_private_says_so() -> None:
    written = write_document(Description(Profile(display_name="Quiet")))
    assert written["security"] == ["receiver-decides"]
    assert read_document(written, SETTINGS).profile.security == ()
