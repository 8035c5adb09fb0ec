"""Profiles for tests: any, and one to read."""

from __future__ import annotations

from hypothesis import strategies as st

from overlay.registry.record import Interface, Place, Profile, Skill

MEDICAL = "credential:medical-qualification"
TEXT = st.text(st.characters(exclude_categories=("C", "Z")), max_size=12)
WORD = TEXT.filter(bool)
SLUG = st.sampled_from(("network", "network.fault-diagnosis", "text.echo", "a_b.c-d"))
SIMPLE = st.sampled_from(
    (
        *("own-domain", "anyone", "from:b.example", "from:alice@b.example", "scope:network.configure"),
        *("organisation:Acme Ltd.", MEDICAL, f"{MEDICAL}@did:web:health.example"),
    )
)
SCHEME = st.lists(SIMPLE, min_size=1, max_size=3, unique=True).map("|".join)


def several(items: st.SearchStrategy[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(items, max_size=3, unique=True).map(tuple)


SKILLS = st.builds(Skill, SLUG, TEXT, TEXT, TEXT, several(WORD))
OUTSIDE = st.builds(
    Interface,
    id=WORD,
    kind=st.sampled_from(("structured", "natural-language")),
    protocol=st.sampled_from(("openrpc", "mcp", "a2a 1.0 JSONRPC", "mail")),
    address=TEXT,
    schema=TEXT,
    description=TEXT,
    skills=several(SLUG),
    security=st.sampled_from(
        ((), ("other:http bearer",), (MEDICAL,), ("other:apiKey header X-Key", MEDICAL))
    ),
)
PROFILES = st.builds(
    Profile,
    display_name=TEXT,
    description=TEXT,
    version=WORD,
    skills=st.lists(SKILLS, max_size=2, unique_by=lambda skill: skill.id).map(tuple),
    protocols=several(WORD),
    interaction=several(WORD),
    modalities=several(WORD),
    languages=several(WORD),
    services=several(WORD),
    interfaces=st.lists(OUTSIDE, max_size=2, unique_by=lambda one: one.id).map(tuple),
    topics=several(SLUG),
    organisation=TEXT,
    location=TEXT,
    place=st.none() | st.builds(Place, st.floats(-90, 90), st.floats(-180, 180)),
    latency_ms=st.integers(0, 86_400_000),
    security=st.one_of(st.just(()), SCHEME.map(lambda one: (one,))),
    credentials=several(WORD),
    consent=st.dictionaries(st.sampled_from(("location", "skills")), several(WORD).filter(bool)),
)
DIAGNOSIS, ECHO = "network.fault-diagnosis", "text.echo"
CLINIC = Profile(
    display_name="Clinic",
    description="Diagnoses lines and echoes texts.",
    skills=(Skill(DIAGNOSIS, "Diagnosis", "Finds what is wrong with a line."), Skill(ECHO)),
    languages=("en", "es"),
    interfaces=(
        Interface("consulting", "natural-language", skills=(DIAGNOSIS,), security=(MEDICAL,)),
        Interface("api", "structured", "openrpc", "https://a.example/rpc", "https://a.example/openrpc.json"),
    ),
    organisation="Acme",
    security=("from:b.example|own-domain",),
)
