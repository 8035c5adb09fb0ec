"""Classes of complaints, in the words that customers use."""

from __future__ import annotations

import pytest

from examples.diagnosis.classes import Kind, classify


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("BILLING DISPUTE", Kind.BILLING),
        ("refund for last week's outage", Kind.BILLING),
        ("charged full price for a slow line", Kind.BILLING),
        ("300GB data cap", Kind.POLICY),
        ("Monthly usage limits", Kind.POLICY),
        ("bait and switch", Kind.SALES),
        ("they refuse to cancel my contract", Kind.SALES),
        ("No Internet service", Kind.NO_SERVICE),
        ("high-speed internet does not work", Kind.NO_SERVICE),
        ("line is down for six days", Kind.NO_SERVICE),
        ("Speed throttling", Kind.SLOW),
        ("slow downloads", Kind.SLOW),
        ("ping spikes and packet loss", Kind.UNSTABLE),
        ("frequent interruptions", Kind.UNSTABLE),
        ("Wi-Fi problems", Kind.WIFI),
        ("rude customer service", Kind.CARE),
        ("they are ripping me off", Kind.UNCLEAR),
        ("complaint", Kind.UNCLEAR),
    ],
)
def test_a_complaint_gets_the_class_that_its_words_say(text: str, kind: Kind) -> None:
    assert classify(text)[0] is kind


def test_words_of_several_classes_make_us_less_sure() -> None:
    (one, sure), (other, unsure) = classify("slow"), classify("slow wifi")
    assert one is other is Kind.SLOW
    assert sure == 1.0 > unsure > 0.0
