"""The index answers what looking at each record would, whatever came, changed and went."""

from __future__ import annotations

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.registry.record import Presence, Profile, Record, Skill
from overlay.registry.search import postings
from overlay.registry.search.catalogue import Catalogue
from overlay.registry.search.columns import FIRST_ROOM
from overlay.registry.search.fits import fits
from overlay.registry.search.protocol import Find
from overlay.registry.search.query import compile_query
from overlay.registry.search.ranking import in_order, mixed
from overlay.registry.search.selector import Selector
from overlay.settings import Settings
from tests.registry.search.crowd import NOW, finds, record_of, records

SETTINGS = Settings()


def _found(catalogue: Catalogue, ask: Find) -> list[str]:
    """The index takes credentials that ended for good; who reads its answer looks again."""
    query = compile_query(ask, SETTINGS)
    chosen = [catalogue.record(slot) for slot in Selector(catalogue).select(query).slots]
    return sorted(one.party for one in chosen if one and (not query.proved or fits(query, one, NOW)))


@settings(deadline=None, max_examples=100)
@given(
    st.lists(st.tuples(records, st.booleans()), max_size=30),
    st.lists(finds, min_size=1, max_size=8),
    st.booleans(),
)
def test_an_index_finds_what_a_look_at_each_record_finds(
    steps: list[tuple[Record, bool]], asks: list[Find], silent: bool
) -> None:  # REG-4
    known: dict[str, Record] = {}
    catalogue = Catalogue(known.get)
    catalogue.silence("b.example", silent=silent)
    for record, stays in steps:
        if stays:
            catalogue.put(record)
            known[record.party] = record
        else:
            catalogue.drop(record.party)
            known.pop(record.party, None)
    for party, record in known.items():
        if silent and record.gateway:
            known[party] = msgspec.structs.replace(record, presence=Presence.INAPPLICABLE)
    for ask in asks:
        query = compile_query(ask, SETTINGS)
        assert _found(catalogue, ask) == sorted(p for p, one in known.items() if fits(query, one, NOW))
    assert len(catalogue) == len(known)


def test_a_term_that_many_have_is_found_as_one_that_few_have() -> None:
    catalogue, count = Catalogue(lambda _: None), postings._SPARSE + FIRST_ROOM
    for number in range(count):
        skills = (Skill("net.fault"),) if number % 2 else (Skill("net"), Skill("rare"))[: 2 - number % 4 // 2]
        catalogue.put(record_of(f"x{number}", "a.example", Profile(skills=skills)))
    everybody = Selector(catalogue).select(compile_query(Find(("net",)), SETTINGS)).slots
    assert len(everybody) == len(catalogue) == count
    rare = Selector(catalogue).select(compile_query(Find(("net", "rare")), SETTINGS)).slots
    assert len(rare) == sum(number % 4 == 0 for number in range(count))
    for number in range(count):
        catalogue.drop(f"x{number}@a.example")
    assert not len(Selector(catalogue).select(compile_query(Find(("net",)), SETTINGS)).slots)
    assert not list(catalogue.vocabulary.values("skill"))


@settings(deadline=None, max_examples=50)
@given(st.lists(records, max_size=40, unique_by=lambda record: record.party), st.integers(0, 1 << 63))
def test_the_best_come_in_the_order_of_their_keys_each_once(crowd: list[Record], salt: int) -> None:
    catalogue = Catalogue(lambda _: None)
    for record in crowd:
        catalogue.put(record)
    query = compile_query(Find(("net",), presence="any"), SETTINGS)
    found = Selector(catalogue).select(query)
    keys, ties = Selector(catalogue).keys(query, found), mixed(catalogue.columns.tie[found.slots], salt)
    ordered = [(key, tie) for _, key, tie in in_order(found.slots, keys, ties, None)]
    assert ordered == sorted(zip(keys.tolist(), ties.tolist(), strict=True))
