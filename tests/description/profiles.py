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


SERVICES = ("diagnosis", "line repair")
SERVICES = ("repair", "care at home")


def some(*items: str) -> st.SearchStrategy[tuple[str, ...]]:
    return several(st.sampled_from(items))


SKILLS = st.builds(Skill, SLUG, TEXT, TEXT, TEXT, some(*SERVICES))
OUTSIDE = st.builds(
    Interface,
    id=WORD,
    kind=st.sampled_from(("structured", "natural-language")),
    protocol=st.sampled_from(("openrpc", "mcp", "a2a/1.0/JSONRPC", "mail")),
    address=TEXT,
    schema=TEXT,
    description=TEXT,
    skills=several(SLUG),
    security=some("other:http bearer", MEDICAL, "other:apiKey header X-Key|own-domain"),
)
PROFILES = st.builds(
    Profile,
    display_name=TEXT,
    description=TEXT,
    version=st.sampled_from(("1", "1.2", "2.0.1-rc1")),
    skills=st.lists(SKILLS, max_size=2, unique_by=lambda skill: skill.id).map(tuple),
    protocols=some("overlay", "mcp/2025-06-18"),
    interaction=some("request", "stream"),
    modalities=some("text", "audio/wav", "image"),
    languages=some("en", "pt-BR", "zh-Hans"),
    services=st.just(SERVICES),
    interfaces=st.lists(OUTSIDE, max_size=2, unique_by=lambda one: one.id).map(tuple),
    topics=several(SLUG),
    organisation=TEXT,
    location=TEXT,
    place=st.none() | st.builds(Place, st.floats(-90, 90), st.floats(-180, 180)),
    latency_ms=st.integers(0, 86_400_000),
    security=st.one_of(st.just(()), SCHEME.map(lambda one: (one,))),
    credentials=some("a.b.c", "d.e.f"),
    consent=st.dictionaries(
        st.sampled_from(("location", "skills")), st.sampled_from((("domain",), ("b.example", "domain")))
    ),
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
