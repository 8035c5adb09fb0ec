"""Agent cards of the A2A protocol: what both sides know comes back, and what is lost is said."""

from __future__ import annotations

import copy

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given, settings

from overlay.description.a2a_export import write_card
from overlay.description.a2a_import import is_card, read_card
from overlay.description.a2a_signature import check_signatures, sign_card
from overlay.description.description import Description
from overlay.errors import BadCredential, BadInput
from overlay.registry.record import Interface, Profile, Skill
from overlay.settings import Settings
from overlay.trust.bundle import TrustStore
from overlay.trust.keys import SigningKey
from tests.description.profiles import CLINIC, MEDICAL, PROFILES
from tests.memory_domain import MemoryDomain

SETTINGS = Settings()
DID = "did:web:a.example:agents:clinic"
Card = dict[str, object]
RECIPES: Card = {
    "protocolVersion": "0.3.0",
    "name": "Recipes",
    "description": "Cooks with you.",
    "url": "https://cook.example/a2a",
    "preferredTransport": "GRPC",
    "additionalInterfaces": [{"url": "https://cook.example/rpc", "transport": "JSONRPC"}],
    "provider": {"organization": "Cooks", "url": "https://cook.example"},
    "version": "2.1 beta",
    "iconUrl": "https://cook.example/icon.png",
    "capabilities": {"streaming": True, "pushNotifications": True},
    "securitySchemes": {
        "bearer": {"type": "http", "scheme": "bearer"},
        "key": {"type": "apiKey", "in": "header", "name": "X-Key"},
    },
    "security": [{"bearer": []}, {"key": []}],
    "defaultInputModes": ["text/plain", "image/png"],
    "defaultOutputModes": ["text/plain"],
    "skills": [
        {
            "id": "Find Recipe",
            "name": "Find",
            "description": "Finds recipes.",
            "tags": ["cooking"],
            "examples": ["Soup with leek", "Cake"],
            "inputModes": ["text/plain"],
        }
    ],
}


@given(PROFILES)
@settings(deadline=None, max_examples=40)
def test_a_description_comes_back_from_its_card(profile: Profile) -> None:
    description = Description(profile, DID, "r-1", 1_800_000_000.0)
    for version in ("1.0", "0.3", "0.2"):
        card, hidden = write_card(description, version)
        read = read_card(card, SETTINGS)
        assert read.profile == _as_cards_know(profile)
        assert (read.did, read.registration, read.left) == (DID, "r-1", ())
        assert bool(profile.consent) == any(one.startswith("consent: ") for one in hidden)


def _as_cards_know(profile: Profile) -> Profile:
    skills = (
        msgspec.structs.replace(one, name="" if one.name == one.id else one.name) for one in profile.skills
    )
    return msgspec.structs.replace(profile, consent={}, skills=tuple(skills))


def test_a_card_of_0_3_is_read_and_what_is_lost_is_said() -> None:
    read = read_card(RECIPES, SETTINGS)
    demands = ("other:http bearer|other:apiKey header X-Key",)
    assert is_card(RECIPES)
    assert read.profile == Profile(
        display_name="Recipes",
        description="Cooks with you.",
        version="2.1",
        organisation="Cooks",
        modalities=("text", "image/png"),
        interaction=("request", "stream"),
        services=("cooking",),
        skills=(Skill("find-recipe", "Find", "Finds recipes.", "Soup with leek\nCake", ("cooking",)),),
        interfaces=(
            Interface(
                "a2a-0", "natural-language", "a2a/0.3/GRPC", "https://cook.example/a2a", security=demands
            ),
            Interface(
                "a2a-1", "natural-language", "a2a/0.3/JSONRPC", "https://cook.example/rpc", security=demands
            ),
        ),
        security=("own-domain",),
    )
    assert [one.partition(":")[0] for one in read.left] == [
        "$.iconUrl",
        "$.capabilities.pushNotifications",
        "$.version",
        "$.skills[0].inputModes",
        "$.skills[0].id",
        "$.provider.url",
        "$.security",
    ]


def test_a_card_of_1_0_is_read() -> None:
    card: Card = {
        "name": "Recipes",
        "description": "",
        "version": "1",
        "supportedInterfaces": [
            {
                "url": "https://cook.example",
                "protocolBinding": "HTTP+JSON",
                "protocolVersion": "1.0",
                "tenant": "t",
            }
        ],
        "capabilities": {},
        "securitySchemes": {
            "b": {"httpAuthSecurityScheme": {"scheme": "Bearer"}},
            "m": {"mtlsSecurityScheme": {}},
        },
        "securityRequirements": [{"schemes": {"b": {"list": []}, "m": {"list": []}}}],
        "skills": [],
    }
    (interface,) = read_card(card, SETTINGS).profile.interfaces
    assert (interface.protocol, interface.address) == ("a2a/1.0/HTTP+JSON", "https://cook.example")
    assert interface.security == ("other:http Bearer", "other:mutualTLS")


def test_rules_of_the_overlay_in_a_card_are_known_again_without_the_extension() -> None:
    for version in ("1.0", "0.3"):
        card, _ = write_card(
            Description(Profile(display_name="Clinic", security=(MEDICAL, "anyone"))), version
        )
        capabilities = card["capabilities"]
        assert isinstance(capabilities, dict)
        del capabilities["extensions"]
        assert read_card(card, SETTINGS).profile.security == (MEDICAL, "anyone")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"skills": [{"name": "x"}]}, r"\$\.skills\[0\]\.id: this is missing"),
        ({"security": [{"oauth": []}]}, r"\$\.security\[0\]\.oauth: this is not in \$\.securitySchemes"),
        ({"securitySchemes": {"bearer": {"type": "magic"}, "key": {}}}, r"\$\.securitySchemes\.bearer\.type"),
        ({"url": 5}, r"\$\.url: this is a text, not a number"),
    ],
)
def test_a_malformed_card_is_refused_with_its_place(change: Card, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_card(RECIPES | change, SETTINGS)


def test_a_signature_of_an_agent_of_a_pinned_domain_is_verified() -> None:
    home = MemoryDomain("a.example")
    signer = home.credentials("clinic")
    card, _ = write_card(Description(CLINIC, DID))
    signed = sign_card(card, signer)
    (found,) = check_signatures(signed, TrustStore(home.bundle), home.clock(), SETTINGS)
    assert found.verified
    assert found.by.startswith(f"{DID}#")
    with pytest.raises(BadCredential, match=r"^signature: it does not match"):
        check_signatures(signed | {"name": "Clinik"}, TrustStore(home.bundle), home.clock(), SETTINGS)


def test_signatures_of_strangers_are_said_to_be_unverified() -> None:
    home, abroad = MemoryDomain("a.example"), MemoryDomain("b.example")
    card = sign_card(RECIPES, abroad.credentials("cook"))
    (found,) = check_signatures(card, TrustStore(home.bundle), home.clock(), SETTINGS)
    assert not found.verified
    assert "b.example" in found.why
    pointed = copy.deepcopy(RECIPES) | {"signatures": [{"protected": "eyJqa3UiOiJ4In0", "signature": "AA"}]}
    (found,) = check_signatures(pointed, TrustStore(home.bundle), home.clock(), SETTINGS)
    assert "'jku' is not taken from anybody" in found.why


def test_a_key_that_the_reader_trusts_verifies_a_card() -> None:
    signer = MemoryDomain("b.example").credentials("cook")
    card = sign_card(RECIPES, signer)
    (found,) = check_signatures(card, None, 0.0, SETTINGS)
    assert not found.verified
    assert check_signatures(card, None, 0.0, SETTINGS, {found.by: signer.key.public})[0].verified
    wrong: dict[str, ec.EllipticCurvePublicKey] = {found.by: SigningKey.generate().public}
    with pytest.raises(BadCredential, match="signature"):
        check_signatures(card, None, 0.0, SETTINGS, wrong)
