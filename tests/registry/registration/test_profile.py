"""What a profile may say: every fault is named, with what is allowed (REG-1, REG-2)."""

from __future__ import annotations

import pytest

from overlay.errors import BadInput, OverlayError, TooLarge
from overlay.registry.record import Interface, Place, Profile, Skill
from overlay.registry.registration.profile import check_profile, profile_faults
from overlay.settings import Settings

FULL = Profile(
    display_name="Line doctor",
    description="Finds what is wrong with a line.\nAnd says so.",
    version="1.2",
    skills=(Skill("network.fault", "Faults", "Finds them", "text/plain", ("diagnosis",)),),
    protocols=("overlay", "a2a", "mcp/2025-06-18"),
    interaction=("request", "stream"),
    modalities=("text", "audio/wav", "image/*"),
    languages=("en", "zh-Hans", "pt-BR", "sl-rozaj-biske", "de-DE-u-co-phonebk"),
    services=("diagnosis",),
    interfaces=(
        Interface("main", "natural-language", "a2a", description="Ask me", security=("from:b.example",)),
    ),
    topics=("network.incident",),
    organisation="Acme Ñetworks",
    location="Düsseldorf",
    place=Place(51.2, 6.8),
    latency_ms=300,
    security=("own-domain",),
    consent={"location": ("domain",), "skills.network.fault": ("b.example",)},
)


def test_a_full_profile_is_taken_and_so_is_one_that_says_nothing() -> None:
    check_profile(FULL, Settings())
    check_profile(Profile(), Settings())


@pytest.mark.parametrize(
    ("profile", "error", "text"),
    [
        (Profile(display_name="x" * 121), TooLarge, r"display_name has 121 characters \(up to 120\)"),
        (Profile(description="x" * 2001), TooLarge, "description has 2001 characters"),
        (Profile(topics=tuple(f"t{n}" for n in range(33))), TooLarge, "topics has 33 items .*profile_items"),
        (Profile(topics=("news", "news")), BadInput, "topics names 'news' twice"),
        (Profile(protocols=("",)), BadInput, "protocols has an empty item"),
        (Profile(protocols=("a: b",)), BadInput, r"protocols\[0\] is 'a: b' .*words such as"),
        (Profile(modalities=("Text/Plain",)), BadInput, r"modalities\[0\] .*media type"),
        (Profile(languages=("en", "english_us")), BadInput, r"languages\[1\] is 'english_us' .*BCP 47"),
        (Profile(location="a\x1b[2Jb"), BadInput, "location contains control characters"),
        (Profile(version=""), BadInput, "version is '' .*up to three numbers"),
        (Profile(version="one"), BadInput, "version is 'one'"),
        (Profile(latency_ms=-1), BadInput, "latency_ms is -1 .*from 0"),
        (Profile(place=Place(91, 0)), BadInput, "place.latitude is 91"),
        (Profile(place=Place(0, float("nan"))), BadInput, "place.longitude is nan"),
        (Profile(skills=(Skill("No Skill"),)), BadInput, r"skills\[0\].id is 'No Skill'"),
        (Profile(skills=(Skill("net", services=("x",)),)), BadInput, r"skills\[0\].services names 'x'"),
        (Profile(interfaces=(Interface("a", "grpc"),)), BadInput, r"interfaces\[0\].kind is 'grpc'"),
        (Profile(security=("password",)), BadInput, r"security\[0\] is 'password' .*a security scheme"),
        (Profile(credentials=("a\nb",)), BadInput, r"credentials\[0\] is not a JWT"),
        (Profile(credentials=("a",) * 9), TooLarge, "credentials has 9 items"),
        (Profile(consent={"colour": ("domain",)}), BadInput, "consent names 'colour'"),
        (Profile(consent={"location": ("nobdy",)}), BadInput, "consent.location names 'nobdy'"),
        (Profile(consent={"location": ()}), BadInput, "consent.location names nobody"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(
    profile: Profile, error: type[OverlayError], text: str
) -> None:
    with pytest.raises(error, match=text):
        check_profile(profile, Settings())


def test_all_that_is_wrong_is_said_at_once() -> None:
    wrong = Profile(version="x", languages=("!",), latency_ms=-1, skills=(Skill("A"),), location="x" * 200)
    fields = [fault.field for fault in profile_faults(wrong, Settings())]
    assert fields == ["location", "version", "latency_ms", "languages[0]", "skills[0].id"]
    with pytest.raises(BadInput) as caught:
        check_profile(wrong, Settings())
    assert all(field in str(caught.value) for field in fields)


def test_what_the_registry_wants_of_every_agent_is_missed() -> None:
    strict = Settings(registry_require=("description", "languages"))
    check_profile(FULL, strict)
    with pytest.raises(BadInput, match=r"description is missing .*languages is missing"):
        check_profile(Profile(), strict)


def test_a_profile_over_the_limit_as_a_whole_is_refused() -> None:
    long = tuple(Skill(f"net.s{number}", abstract="x" * 2000) for number in range(20))
    with pytest.raises(TooLarge, match="profile_bytes"):
        check_profile(Profile(skills=long), Settings())
