"""What a complaint is about, by its words. Pure."""

from __future__ import annotations

import re
from collections import Counter
from enum import StrEnum


class Kind(StrEnum):
    """Classes of complaints."""

    BILLING = "billing"
    POLICY = "data policy"
    SALES = "sales and contract"
    NO_SERVICE = "no service"
    SLOW = "slow"
    UNSTABLE = "unstable"
    WIFI = "wi-fi"
    CARE = "customer care"
    UNCLEAR = "unclear"


FAULTS = (Kind.NO_SERVICE, Kind.SLOW, Kind.UNSTABLE, Kind.WIFI)

# In this order they win when equal: who writes of money wants money, also when there was an outage.
_WORDS: dict[Kind, tuple[tuple[str, int], ...]] = {
    Kind.BILLING: (
        (r"\bbill", 2),
        (r"charg", 2),
        (r"refund|reimburs|\bcredit\b", 3),
        (r"\bfees?\b|payment|paying|\bpay\b|dollar|\$", 2),
        (r"pric(e|ing)|\brates?\b|expensive|overpric|\bcosts?\b|raising", 2),
    ),
    Kind.POLICY: (
        (r"\bcap(s|ped)?\b", 3),
        (r"\b(data|usage)\b.*\b(usage|limits?|allowance|polic(y|ies)|plan)\b", 3),
        (r"\d+ ?gb\b|\busage\b", 1),
    ),
    Kind.SALES: (
        (r"bait|switch|advertis|promo|promis|mis(lead|inform)|false claim", 2),
        (r"\b(deal|offer(s|ing|ings)?|package|bundled?|discount|contract|quote)\b", 2),
        (r"cancel|transfer|discontinu|refus|never agreed|(added|adding|ordered) services", 2),
        (r"monopol|competiti", 2),
    ),
    Kind.NO_SERVICE: (
        (r"\b(no|lack of|without|not receiving) (internet|service|connection)", 3),
        (r"\boutages?\b|\bservice out\b|\bis down\b|\bdown for\b|\bdown since\b", 3),
        (r"(does ?n.?t|does not|not|stopped|never) work", 3),
    ),
    Kind.UNSTABLE: (
        (r"interrupt|intermittent|drop(s|ping|ped)|disconnect|unstable|unreliable", 3),
        (r"\bping\b|packet loss|latency|consisten", 3),
        (r"frequent|connectivity", 1),
    ),
    Kind.SLOW: (
        (r"\bslow|throttl|crawl|bandwidth", 3),
        (r"(?<!high-)(?<!high )(?<!hi )\bspeeds?\b|\bmbps\b", 2),
        (r"download|upload", 1),
    ),
    Kind.WIFI: ((r"\bwi-?fi\b|wireless", 3),),
    Kind.CARE: (
        (r"customer (service|care)|appointment|representative|harass|racis", 2),
        (r"fraud|account|e-?mail|rude", 1),
    ),
}
_PATTERNS = {
    kind: tuple((re.compile(pattern, re.IGNORECASE), weight) for pattern, weight in words)
    for kind, words in _WORDS.items()
}


def classify(text: str) -> tuple[Kind, float]:
    """The class, and how sure we are (0 to 1). Without any known word: unclear, 0."""
    scores: Counter[Kind] = Counter()
    for kind, patterns in _PATTERNS.items():
        for pattern, weight in patterns:
            if pattern.search(text):
                scores[kind] += weight
    if not scores:
        return Kind.UNCLEAR, 0.0
    kind = max(_PATTERNS, key=scores.__getitem__)
    return kind, scores[kind] / scores.total()
