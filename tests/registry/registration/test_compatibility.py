"""Which changes of a profile need another version (REG-3)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadInput
from overlay.registry.record import Interface, Profile, Skill
from overlay.registry.registration.compatibility import check_change, incompatible
from overlay.registry.registration.version import breaks, next_break

BASE = Profile(
    version="1.2",
    skills=(
        Skill("net.fault", inputs="text/plain, image/*"),
        Skill("net.test", inputs='{"required": ["line"]}'),
    ),
    protocols=("overlay", "a2a"),
    languages=("en", "zh"),
    services=("diagnosis",),
    interfaces=(Interface("main", "structured", "a2a", "x", security=("mtls",)),),
    organisation="Acme",
)


def changed(**fields: object) -> Profile:
    return msgspec.structs.replace(BASE, **fields)


@pytest.mark.parametrize(
    "new",
    [
        BASE,
        changed(
            description="in other words", display_name="Another", location="Rome", latency_ms=7, topics=()
        ),
        changed(languages=("zh", "en", "es"), protocols=("a2a", "overlay", "mcp")),
        changed(skills=(*BASE.skills, Skill("net.repair"))),
        changed(skills=(Skill("net.fault", inputs="text/*, image/*"), BASE.skills[1])),
        changed(skills=(BASE.skills[0], Skill("net.test", inputs='{"required": []}'))),
        changed(skills=(Skill("net.fault", inputs="whatever you like"), BASE.skills[1])),
        changed(interfaces=(*BASE.interfaces, Interface("other"))),
        changed(version="1.3", consent={"location": ("nobody",)}),
    ],
)
def test_more_and_other_words_are_compatible(new: Profile) -> None:
    assert check_change(BASE, new) == []


@pytest.mark.parametrize(
    ("new", "text"),
    [
        (changed(skills=BASE.skills[:1]), "skills no longer has 'net.test'"),
        (
            changed(skills=(Skill("net.fault", inputs="text/plain"), BASE.skills[1])),
            r"no longer include image/\*",
        ),
        (
            changed(skills=(BASE.skills[0], Skill("net.test", inputs='{"required": ["line", "customer"]}'))),
            "the inputs of 'net.test' now require customer",
        ),
        (changed(protocols=("overlay",)), "protocols no longer has 'a2a'"),
        (changed(languages=("en",)), "languages no longer has 'zh'"),
        (changed(services=()), "services no longer has 'diagnosis'"),
        (changed(interfaces=()), "interfaces no longer has 'main'"),
        (
            changed(interfaces=(Interface("main", "natural-language", "a2a", "x", security=("mtls",)),)),
            "interface 'main' has the kind 'natural-language', and had 'structured'",
        ),
        (
            changed(interfaces=(Interface("main", "structured", "a2a", "x", security=("mtls", "vc")),)),
            "interface 'main' demands 'vc'",
        ),
        (changed(security=("vc",)), "security demands 'vc'"),
        (changed(organisation="Other"), "organisation is 'Other', and was 'Acme'"),
    ],
)
def test_what_breaks_others_needs_another_version(new: Profile, text: str) -> None:
    with pytest.raises(BadInput, match=rf"version 1\.2 does not say .*raise it to 2 or above.*{text}"):
        check_change(BASE, new)
    assert check_change(BASE, msgspec.structs.replace(new, version="2")) == incompatible(BASE, new) != []


def test_a_lower_version_is_refused() -> None:
    with pytest.raises(BadInput, match=r"version 1\.1\.9 is below 1\.2"):
        check_change(BASE, changed(version="1.1.9"))


@given(st.tuples(*[st.integers(0, 3)] * 3), st.tuples(*[st.integers(0, 3)] * 3))
@settings(deadline=None, max_examples=100)
def test_the_version_that_is_advised_is_the_lowest_that_breaks(
    old: tuple[int, int, int], new: tuple[int, int, int]
) -> None:
    before, after = (".".join(map(str, version)) for version in (old, new))
    low = next_break(before)
    assert breaks(before, low)
    padded = tuple(int(part) for part in (low + ".0.0").split(".")[:3])
    assert breaks(before, after) == (new >= padded)
