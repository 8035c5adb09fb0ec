"""Descriptions in natural language: what is explicit fills fields, all else stays text."""

from __future__ import annotations

import pytest

from overlay.description.text import read_text
from overlay.errors import BadInput
from overlay.registry.record import Profile, Skill
from overlay.settings import Settings

SETTINGS = Settings()
HOTEL = """# Hotel desk

I book rooms and answer guests.
Skills: booking.room, booking.table
- **Languages:** en, es
Latency: 2 s
Location: Lyon
Note: breakfast is at eight.
"""


def test_explicit_headlines_fill_fields_and_the_rest_stays_text() -> None:
    assert read_text(HOTEL, SETTINGS).profile == Profile(
        display_name="Hotel desk",
        description="I book rooms and answer guests.\nNote: breakfast is at eight.",
        skills=(Skill("booking.room"), Skill("booking.table")),
        languages=("en", "es"),
        latency_ms=2000,
        location="Lyon",
        security=("own-domain",),
    )


def test_prose_after_a_headline_stays_prose() -> None:
    read = read_text("Skills: I can do nearly everything.", SETTINGS).profile
    assert (read.skills, read.description) == ((), "Skills: I can do nearly everything.")


def test_who_may_call_is_said_or_is_the_own_domain_and_a_rule_is_never_misread() -> None:
    assert read_text("Security: from:b.example|own-domain", SETTINGS).profile.security == (
        "from:b.example|own-domain",
    )
    with pytest.raises(BadInput, match="Security: 'my friends' is no security scheme"):
        read_text("Security: my friends", SETTINGS)


def test_a_headline_twice_is_refused() -> None:
    with pytest.raises(BadInput, match="skills is said twice"):
        read_text("Skills: a\nSkills: b", SETTINGS)
