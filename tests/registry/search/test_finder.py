"""Questions in any combination: pages, sight, privacy, freshness, words of advice, limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from overlay.errors import BadInput, BadName, OverlayError, Overloaded, TooLarge
from overlay.registry.record import Place, Presence, Profile, Record, Skill, Verified
from overlay.registry.search.discovery_policy import DiscoveryPolicy
from overlay.registry.search.protocol import Find, Near
from overlay.settings import Settings
from tests.registry.search.crowd import NOW, finds, record_of, records
from tests.registry.search.gallery import Gallery, asker

NET = (Skill("net"),)


def test_the_best_come_first_and_say_why() -> None:  # REG-4, REG-7
    munich, berlin = Place(48.14, 11.58), Place(52.52, 13.4)
    gallery = Gallery(
        record_of("far", "a.example", Profile(skills=NET, place=berlin, latency_ms=1)),
        record_of("near", "a.example", Profile(skills=NET, place=munich, latency_ms=90)),
        record_of("below", "a.example", Profile(skills=(Skill("net.fault"),), place=munich)),
        record_of("foreign", "b.example", Profile(skills=NET, place=munich), heard_at=NOW - 5),
        record_of("away", "a.example", Profile(skills=NET, place=munich), presence=Presence.OFFLINE),
    )
    answer = gallery.find(Find(("net",), near=Near(48.1, 11.6, 1000), presence="any"))
    assert [match.party.partition("@")[0] for match in answer.matches] == [
        "near",
        "far",
        "below",
        "foreign",
        "away",
    ]
    assert answer.matches[0].why == "online, net, 5 km away, 90 ms"
    assert answer.matches[2].why == "online, net.fault (below net), 5 km away"
    foreign = answer.matches[3]
    assert (foreign.gateway, foreign.heard_at, foreign.as_of) == ("gw@b.example", NOW - 5, 7)
    assert (answer.matches[0].heard_at, answer.at) == (0.0, NOW)
    assert not answer.matches[0].record.card
    assert gallery.find(Find(("net",), cards=True)).matches[0].record.card


@settings(deadline=None, max_examples=60)
@given(
    st.lists(records, min_size=1, max_size=30, unique_by=lambda record: record.party),
    finds,
    st.integers(1, 4),
    st.sampled_from(("agent1", "agent2", "someone")),
)
def test_pages_together_are_the_whole_answer_each_once(
    crowd: list[Record], ask: Find, limit: int, who: str
) -> None:
    gallery = Gallery(*crowd)
    whole = gallery.find(replace(ask, limit=100), asker(who))
    paged = gallery.all(replace(ask, limit=limit), asker(who))
    assert [match.party for match in paged] == [match.party for match in whole.matches]
    assert whole.total == len(whole.matches)


@settings(deadline=None, max_examples=30)
@given(st.sets(st.integers(0, 19), max_size=8), st.integers(1, 5))
def test_changes_between_pages_neither_repeat_nor_skip_who_did_not_change(
    changed: set[int], limit: int
) -> None:
    _look_page_by_page(changed, Find(("net",), limit=limit))


@settings(deadline=None, max_examples=3)
@given(st.sets(st.integers(0, 19), max_size=8), st.integers(1, 5))
def test_changes_between_pages_of_an_intent_neither_repeat_nor_skip_who_did_not_change(
    changed: set[int], limit: int
) -> None:
    _look_page_by_page(changed, Find(("net",), limit=limit, intent="mend my broadband line"))


def _look_page_by_page(changed: set[int], ask: Find) -> None:
    said = "mends broadband lines"
    crowd = [
        record_of(f"x{number}", "a.example", Profile(skills=NET, description=said, latency_ms=number % 3))
        for number in range(20)
    ]
    gallery = Gallery(*crowd)
    first = gallery.find(ask)
    shown = {match.party for match in first.matches}
    for number in changed:
        if number % 2:
            gallery.drop(crowd[number].party)
        else:
            gallery.put(record_of(f"x{number}", "a.example", Profile(skills=NET, latency_ms=7)))
            gallery.put(record_of(f"new{number}", "a.example", Profile(skills=NET, latency_ms=1)))
    rest = gallery.all(replace(ask, after=first.after)) if first.more else []
    later = [match.party for match in rest]
    assert len(later) == len(set(later))
    stayed = {crowd[number].party for number in set(range(20)) - changed}
    assert stayed <= shown | set(later)
    assert not stayed & shown & set(later)


@pytest.mark.parametrize(
    ("ask", "kind", "said"),
    [
        (Find(("Net",)), BadName, "is not a skill"),
        (Find(languages=("english",)), BadInput, "language 'english': write a BCP 47 tag"),
        (Find(latency_ms=0), BadInput, "latency_ms 0: say how many it may take, 1 or more"),
        (Find(credentials=("by did:web:x",)), BadInput, "credential 'by did:web:x': write a type"),
        (Find(credentials=("audited by x",)), BadInput, "credential 'audited by x': write a type"),
        (Find(intent="  "), BadInput, "intent is missing"),
        (Find(version=">=2,<1"), BadInput, "no version fits all of it"),
        (Find(version="==1,!=1"), BadInput, "no version fits all of it"),
        (Find(version="new"), BadInput, "write a version such as 1.2"),
        (Find(near=Near(48, 11, 0)), BadInput, "within_km 0: it is above 0"),
        (Find(near=Near(91, 11, 5)), BadInput, "latitude is -90 to 90"),
        (Find(near=Near(float("nan"), 11, 5)), BadInput, "latitude is -90 to 90"),
        (Find(presence="here"), BadInput, "presence 'here': it is one of online, offline"),
        (Find(status="idle"), BadInput, "status 'idle': it is one of ready"),
        (Find(limit=0), BadInput, "limit 0: ask for at least 1"),
        (Find(domain="B example"), BadName, "is not a domain"),
        (Find(agent="did:web:b.example"), BadInput, "the DID of an agent is did:web"),
        (Find(protocols=("",)), BadInput, "protocols has an empty item"),
        (Find(protocols=("a",) * 9), TooLarge, "protocols has 9 items, up to 8"),
        (Find(intent="x" * 1001), TooLarge, "intent has 1001 characters"),
        (Find(organisation="\x1b[2J"), BadInput, "organisation contains control characters"),
        (Find(after="nonsense"), BadInput, "after: this is no cursor"),
    ],
)
def test_a_question_that_nothing_can_answer_says_which_field_and_what_it_may_be(
    ask: Find, kind: type[OverlayError], said: str
) -> None:
    with pytest.raises(kind, match=said):
        Gallery().find(ask)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("2", ["2.0", "2.1"]),
        (">=2", ["2.0", "2.1"]),
        ("2-rc1", ["2-rc1"]),
        (">=2-rc1", ["2-rc1", "2.0", "2.1", "2.1-rc1"]),
        (">=2,!=2.1-rc1", ["2.0", "2.1"]),
        ("", ["2-rc1", "2.0", "2.1", "2.1-rc1"]),
    ],
)
def test_what_is_before_a_release_is_found_where_it_is_asked_for(asked: str, found: list[str]) -> None:
    versions = ("2-rc1", "2.0", "2.1-rc1", "2.1")
    gallery = Gallery(
        *(record_of(f"x{at}", "a.example", Profile(version=it)) for at, it in enumerate(versions))
    )
    answer = gallery.find(Find(version=asked))
    assert sorted(match.record.profile.version for match in answer.matches) == found


def test_a_cursor_continues_its_own_question_only() -> None:
    gallery = Gallery(*(record_of(f"x{number}", "a.example", Profile(skills=NET)) for number in range(3)))
    page = gallery.find(Find(("net",), limit=1))
    with pytest.raises(BadInput, match="continues another query"):
        gallery.find(Find(("net.fault",), limit=1, after=page.after))
    assert len(gallery.find(Find(("net",), limit=2, after=page.after)).matches) == 2
    assert page.total == 3


def test_who_finds_nobody_is_told_what_may_have_been_meant() -> None:
    offline = Profile(skills=NET, protocols=("mqtt",))
    gallery = Gallery(
        record_of("x", "a.example", offline, presence=Presence.OFFLINE),
        record_of("hidden", "a.example", Profile(protocols=("mqtx",), consent={"entry": ("nobody",)})),
    )
    assert gallery.find(Find(protocols=("mqtz",))).advice == (
        "nobody has protocol 'mqtz': did you mean 'mqtt'?"
    )
    assert "1 that fit are not online now" in gallery.find(Find(protocols=("MQTT",))).advice
    gallery.put(record_of("slow", "a.example", Profile(skills=(Skill("network.plan"),), latency_ms=200)))
    assert gallery.find(Find(("netwrok",))).advice == "nobody has skill 'netwrok': did you mean 'network'?"
    assert "the quickest says 200 ms" in gallery.find(Find(("network",), latency_ms=100)).advice
    assert gallery.find(Find(intent="qwerty")).advice == "nobody online fits this"
    gallery.finder.policy = DiscoveryPolicy(own_domain="deny")
    assert gallery.find(Find(protocols=("mqtz",))).advice == "nobody has protocol 'mqtz'"


def test_what_an_owner_hides_is_not_found_by_it_counted_or_suggested() -> None:  # REG-12
    secret = Profile(
        skills=(*NET, Skill("net.secret")),
        description="secretly mends submarines",
        languages=("de",),
        consent={
            "skills.net.secret": ("bob@a.example",),
            "languages": ("nobody",),
            "description": ("nobody",),
        },
    )
    gallery = Gallery(record_of("x", "a.example", secret))
    (match,) = gallery.find(Find(("net",))).matches
    assert ([skill.id for skill in match.record.profile.skills], match.record.profile.languages) == (
        ["net"],
        (),
    )
    for hidden in (
        Find(("net.secret",)),
        Find(languages=("de",)),
        Find(intent="submarines", languages=("de",)),
    ):
        answer = gallery.find(hidden)
        assert (answer.matches, answer.total) == ((), 0)
        assert "that fit" not in answer.advice
    assert gallery.found(Find(("net.secret",)), asker("bob")) == ["x@a.example"]


def test_a_credential_counts_until_it_ends() -> None:
    proof = Verified("audited", "did:web:tuev.example", NOW + 10)
    gallery = Gallery(record_of("x", "a.example", Profile(), verified=(proof,)))
    asks = (Find(credentials=("audited",)), Find(credentials=("audited by did:web:tuev.example",)))
    assert [gallery.found(ask) for ask in asks] == [["x@a.example"]] * 2
    assert gallery.found(Find(credentials=("audited by did:web:other.example",))) == []
    gallery.now += 11
    assert [gallery.found(ask) for ask in asks] == [[], []]


def test_questions_are_limited_per_party_and_per_organisation_and_the_refusal_says_until_when() -> None:
    limits = Settings(finds_per_minute=2, finds_per_minute_organisation=3)  # REG-10
    gallery = Gallery(settings=limits)
    gallery.now = 60 * 1000 + 40.0
    acme = [asker(name, organisation="Acme") for name in ("alice", "bob")]
    for who in (acme[0], acme[0], acme[1]):
        gallery.find(Find(), who)
    with pytest.raises(Overloaded, match=r"alice@a\.example asked 2 times .* ask again in 20 s") as refusal:
        gallery.find(Find(), acme[0])
    assert refusal.value.retry_after_s == 20
    with pytest.raises(Overloaded, match=r"Acme asked 3 times .*finds_per_minute_organisation"):
        gallery.find(Find(), acme[1])
    gallery.find(Find(), asker("carol"))
    gallery.now += 20
    gallery.find(Find(), acme[0])
