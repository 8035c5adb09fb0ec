"""Who may see which part of an entry (REG-12)."""

from __future__ import annotations

import msgspec
import pytest

from overlay.naming.ids import PartyId
from overlay.registry.record import Place, Presence, Profile, Record, Skill, Status, Verified
from overlay.registry.registration.consent import visible, visible_to_domain

PROFILE = Profile(
    description="finds faults",
    skills=(Skill("net.fault"), Skill("net.internal.audit")),
    location="Rome",
    place=Place(41.9, 12.5),
    credentials=("jwt",),
)
NEAR, FAR = PartyId("bob", "a.example"), PartyId("carol", "b.example")
OWNER, REGISTRY, BOSS = (PartyId(name, "a.example") for name in ("alice", "registry", "operator"))


def record(**consent: tuple[str, ...]) -> Record:
    said = {part.replace("__", "."): who for part, who in consent.items()}
    return Record(
        party="alice@a.example",
        profile=msgspec.structs.replace(PROFILE, consent=said),
        card=b"card",
        serial="1",
        presence=Presence.ONLINE,
        resource_id="r",
        registered_at=0,
        changed_at=0,
        version=1,
        status=Status(load=0.5),
        verified=(Verified("skill", "did:web:a.example", 9e9),),
        access=b"who may call",
    )


def seen(shown: Record | None) -> Profile:
    assert shown is not None
    return shown.profile


def test_without_a_word_everybody_sees_everything_but_who_may_call() -> None:
    shown = visible(record(), FAR)
    assert shown == msgspec.structs.replace(record(), access=b"")
    assert visible_to_domain(record(), "b.example") == shown


@pytest.mark.parametrize(
    ("who", "near", "far"),
    [
        (("nobody",), False, False),
        (("domain",), True, False),
        (("everyone",), True, True),
        (("b.example",), False, True),
        (("domain", "b.example"), True, True),
        (("c.example",), False, False),
        (("carol@b.example",), False, True),
        (("bob@a.example",), True, False),
    ],
)
def test_each_audience_sees_the_part_and_others_do_not(who: tuple[str, ...], near: bool, far: bool) -> None:
    hidden = record(location=who, place=who)
    for asker, may in ((NEAR, near), (FAR, far)):
        profile = seen(visible(hidden, asker))
        assert (profile.location, profile.place) == (("Rome", PROFILE.place) if may else ("", None))
        assert (profile.description, profile.consent) == ("finds faults", {})


@pytest.mark.parametrize("insider", [OWNER, REGISTRY, BOSS])
def test_the_agent_and_its_domains_own_services_see_everything(insider: PartyId) -> None:
    shown = visible(record(entry=("nobody",), skills=("nobody",)), insider)
    assert seen(shown).skills == PROFILE.skills
    assert seen(shown).consent


def test_the_operator_of_another_domain_is_a_stranger() -> None:
    assert visible(record(entry=("domain",)), PartyId("operator", "b.example")) is None


def test_an_entry_that_may_not_be_seen_is_not_there() -> None:
    assert visible(record(entry=("domain",)), FAR) is None
    assert visible_to_domain(record(entry=("domain",)), "b.example") is None
    assert visible(record(entry=("domain",)), NEAR) is not None


def test_single_skills_are_hidden_with_all_below_them() -> None:
    shown = visible(record(skills__net__internal=("domain",)), FAR)
    assert [skill.id for skill in seen(shown).skills] == ["net.fault"]


def test_status_and_verified_credentials_are_parts_too() -> None:
    shown = visible(record(status=("nobody",), credentials=("nobody",)), NEAR)
    assert shown is not None
    assert (shown.status, shown.verified, shown.profile.credentials) == (Status(), (), ())


def test_a_domain_as_a_whole_does_not_see_what_one_of_it_may() -> None:
    assert visible_to_domain(record(entry=("carol@b.example",)), "b.example") is None
