"""Agents and questions without end, of few words, so that many fit."""

from __future__ import annotations

import hashlib

import msgspec
from hypothesis import strategies as st

from overlay.registry.record import (
    Interface,
    Place,
    Presence,
    Profile,
    Readiness,
    Record,
    Skill,
    Status,
    Verified,
)
from overlay.registry.search.protocol import Find, Near

NOW = 1_800_000_000.0
SKILLS = ("net", "net.fault", "net.fault.fibre", "text", "text.echo")
PROTOCOLS, LANGUAGES = ("overlay", "MQTT", "http"), ("en", "en-GB", "de", "zh-Hans-CN")
TOPICS, ORGANISATIONS = ("news", "net.incident"), ("", "Acme Ltd", "Example  AG")
VERSIONS = ("1", "1.2", "1.2.3", "2.0-rc1", "2.0", "blue")
PLACES = (None, Place(48.1, 11.6), Place(52.5, 13.4), Place(-33.9, 151.2), Place(48.2, -179.9))
TYPES, ISSUER = ("audited", "licensed"), "did:web:tuev.example"


def _some(values: tuple[str, ...]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.sampled_from(values), max_size=2, unique=True).map(tuple)


profiles = st.builds(
    Profile,
    display_name=st.sampled_from(("", "Helper", "helper")),
    version=st.sampled_from(VERSIONS),
    skills=_some(SKILLS).map(lambda skills: tuple(Skill(skill) for skill in skills)),
    protocols=_some(PROTOCOLS),
    interaction=_some(("request", "stream")),
    modalities=_some(("text", "audio")),
    languages=_some(LANGUAGES),
    services=_some(("care", "billing")),
    interfaces=st.sampled_from(((), (Interface("main", protocol="grpc"),))),
    topics=_some(TOPICS),
    organisation=st.sampled_from(ORGANISATIONS),
    location=st.sampled_from(("", "Munich, Germany", "Berlin Germany")),
    place=st.sampled_from(PLACES),
    latency_ms=st.sampled_from((0, 5, 90)),
    consent=st.sampled_from(({}, {}, {"languages": ("nobody",)}, {"entry": ("b.example",)})),
)
proofs = st.lists(
    st.builds(
        Verified,
        type=st.sampled_from(TYPES),
        issuer=st.just(ISSUER),
        valid_until=st.sampled_from((NOW - 1, NOW + 1)),
    ),
    max_size=1,
).map(tuple)


def record_of(name: str, domain: str, profile: Profile, **more: object) -> Record:
    """Of somebody there now, unless `more` says otherwise."""
    party = f"{name}@{domain}"
    given = {"presence": Presence.ONLINE, "gateway": "" if domain == "a.example" else f"gw@{domain}", **more}
    resource = hashlib.sha256(party.encode()).hexdigest()[:32]
    return Record(party, profile, b"card", "1f", resource_id=resource, **_times, **given)  # type: ignore[arg-type]


_times = {"registered_at": NOW, "changed_at": NOW, "version": 1}
records = st.builds(
    record_of,
    st.sampled_from([f"agent{number}" for number in range(12)]),
    st.sampled_from(("a.example", "b.example")),
    profiles,
    presence=st.sampled_from((Presence.ONLINE, Presence.ONLINE, Presence.OFFLINE)),
    status=st.sampled_from((Status(), Status(Readiness.BUSY))),
    verified=proofs,
)
_wanted = {
    "skills": _some((*SKILLS, "net.other")),
    "protocols": _some((*PROTOCOLS, "mqtt", "grpc")),
    "interaction": _some(("request", "structured")),
    "modalities": _some(("text", "audio")),
    "languages": _some(("en", "en-gb", "de", "zh-Hans")),
    "services": _some(("care", "billing")),
    "topics": _some(TOPICS),
    "credentials": _some((*TYPES, f"audited by {ISSUER}")),
    "organisation": st.sampled_from(("acme ltd", "Example AG")),
    "version": st.sampled_from((">=1.2", "<2", "1.2", ">=1,!=1.2", ">1.2,<=2.0", "2", ">=2-rc1")),
    "place": st.sampled_from(("germany", "Munich")),
    "near": st.sampled_from(
        (Near(48.1, 11.6, 10), Near(50, 12, 1000), Near(48, 179.9, 100), Near(0, 0, 20000))
    ),
    "latency_ms": st.sampled_from((1, 50, 100)),
    "domain": st.sampled_from(("a.example", "b.example")),
    "agent": st.sampled_from(("agent1@a.example", "did:web:b.example:agents:agent2", "HELPER")),
    "presence": st.sampled_from(("any", "online", "offline", "inapplicable")),
    "status": st.sampled_from(("ready", "busy")),
}
finds = st.fixed_dictionaries({}, optional=_wanted).flatmap(
    lambda all_: (
        st.sets(st.sampled_from(sorted(all_)), max_size=3).map(
            lambda kept: msgspec.structs.replace(Find(), **{name: all_[name] for name in kept})
        )
        if all_
        else st.just(Find())
    )
)
