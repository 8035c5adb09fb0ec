"""Whose word counts for the roots of which domain, and how long."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from overlay.errors import BadInput, NotFound, OverlayError, Refused
from overlay.naming.ids import PartyId
from overlay.registry.far.introducer import check_patterns, may_introduce
from overlay.registry.far.protocol import FarPin, FarTold, Introducing, LookUp, Vouch
from overlay.registry.peers.protocol import AskBundle, Peer
from overlay.registry.peers.relation import Relation
from overlay.registry.protocol import Expel
from overlay.trust.bundle import TrustBundle
from overlay.trust.serials import serial_text
from tests.registry.far.chain import Chain
from tests.registry.town import Town

A = "a.example"


async def roots(town: Town, domain: str = A) -> TrustBundle:
    return TrustBundle.from_bytes((await town.registry.find_bundle(AskBundle(domain))).bundle)


async def told(row: Chain, other: Town, /, **changes: object) -> FarTold:
    """As p would lie: other roots."""
    return replace(row.true(LookUp(A)), bundle=other.bundle.to_bytes(), **changes)


@pytest.mark.parametrize(
    ("relation", "introduces", "domain", "counts"),
    [
        (Relation.PARENT, (), "x.example", True),
        (Relation.PEER, (), "x.example", False),
        (Relation.CHILD, (), "x.child.example", False),
        (Relation.PEER, ("*",), "x.example", True),
        (Relation.CHILD, ("*.child.example",), "x.child.example", True),
        (Relation.CHILD, ("*.child.example",), "x.example", False),
        (Relation.CHILD, ("*.child.example",), "evilchild.example", False),
        (Relation.PARENT, ("x.example",), "y.example", False),
    ],
)
def test_whose_word_counts(  # GW-12
    relation: Relation, introduces: tuple[str, ...], domain: str, counts: bool
) -> None:
    peer = Peer("child.example", b"", relation=relation, introduces=introduces)
    assert may_introduce(peer, domain) is counts


def test_a_child_never_introduces_everything() -> None:  # GW-12
    with pytest.raises(BadInput, match="child"):
        check_patterns(("*",), Peer("child.example", b"", relation=Relation.CHILD))


async def test_a_plain_peer_introduces_nobody_until_the_operator_says_so() -> None:  # GW-12
    chain = await Chain.opened(Relation.PEER)
    try:
        with pytest.raises(NotFound, match="introduces"):
            await roots(chain.d)
        await chain.d.neighbours.set_introducing(chain.d.boss, Introducing("p.example", (A,)))
        chain.d.registry.far.lookup.remembered.forget_missing()
        assert await roots(chain.d) == chain.a.bundle
    finally:
        await chain.close()


async def test_an_introduction_lapses_with_the_right_of_who_made_it(chain: Chain) -> None:  # GW-12
    await roots(chain.d)
    await chain.d.neighbours.set_introducing(chain.d.boss, Introducing("p.example", ("b.example",)))
    assert not chain.d.registry.far.believed.all()
    with pytest.raises(NotFound):
        await roots(chain.d)


async def test_an_introduction_lapses_with_the_peer_and_is_not_back_with_another_of_its_name(
    chain: Chain,
) -> None:  # GW-12
    await roots(chain.d)
    await chain.d.neighbours.remove(chain.d.boss, "p.example")
    assert not chain.d.registry.far.believed.all()
    other = await Town.opened("p.example", chain.d.clock)
    await chain.d.neighbours.add(
        chain.d.boss, Peer("p.example", other.bundle.to_bytes(), relation=Relation.PARENT)
    )
    assert not chain.d.registry.far.believed.all()
    await other.store.close()


async def test_an_introduction_that_is_not_repeated_lapses(chain: Chain) -> None:  # GW-12
    await roots(chain.d)
    chain.d.clock.now += chain.d.settings.far_roots_s + 1
    assert not chain.d.registry.far.believed.all()
    await chain.d.registry.sweep()
    assert "a.example" not in chain.d.registry.far.believed


@pytest.mark.parametrize("whose", ["ours", "a peer's", "pinned"])
async def test_nobody_introduces_what_we_know_ourselves(chain: Chain, whose: str) -> None:  # GW-12
    other = await Town.opened(A, chain.d.clock)
    if whose == "a peer's":
        await chain.d.peer_with(other)
    elif whose == "pinned":
        await chain.d.registry.far.hearing.pin(chain.d.boss, FarPin(A, other.bundle.to_bytes()))
    lie = chain.true(LookUp(A))
    if whose == "ours":
        lie = replace(lie, domain="d.example", bundle=chain.d.bundle.to_bytes())
    try:
        await chain.d.registry.far.hearing.hear("p.example", lie)
    except Refused:
        assert whose != "pinned"
    if whose != "ours":
        assert await roots(chain.d) == other.bundle
    assert not [far for far in chain.d.registry.far.believed.all() if far.by]
    await other.store.close()


async def test_roots_of_another_domain_are_no_introduction(chain: Chain) -> None:  # GW-12
    other = await Town.opened("b.example", chain.d.clock)
    chain.told = await told(chain, other)
    with pytest.raises(OverlayError):
        await roots(chain.d)
    assert not chain.d.registry.far.believed.all()
    await other.store.close()


async def test_a_second_introducer_does_not_take_the_place_of_the_first(chain: Chain) -> None:  # GW-12
    await roots(chain.d)
    q, forged = [await Town.opened(name, chain.d.clock) for name in ("q.example", A)]
    await chain.d.neighbours.add(chain.d.boss, Peer("q.example", q.bundle.to_bytes(), introduces=("*",)))
    lie = await told(chain, forged, chain=("q.example",), epoch=99)
    with pytest.raises(Refused, match="first"):
        await chain.d.registry.far.hearing.hear("q.example", lie)
    assert await roots(chain.d) == chain.a.bundle
    for town in (q, forged):
        await town.store.close()


async def test_roots_never_go_back_to_an_older_epoch(chain: Chain) -> None:  # GW-12
    chain.told = replace(chain.true(LookUp(A)), epoch=7)
    await roots(chain.d)
    older = await Town.opened(A, chain.d.clock)
    with pytest.raises(Refused, match="older"):
        await chain.d.registry.far.hearing.hear("p.example", await told(chain, older, epoch=6))
    assert await roots(chain.d) == chain.a.bundle
    await older.store.close()


async def test_there_is_room_for_so_many_far_domains_only(chain: Chain) -> None:  # GW-12
    small = chain.d.settings.model_copy(update={"far_domains": 1})
    chain.d.registry.far.hearing._settings = small
    await roots(chain.d)
    b = await Town.opened("b.example", chain.d.clock)
    lie = replace(await told(chain, b), domain="b.example")
    with pytest.raises(OverlayError, match="far_domains"):
        await chain.d.registry.far.hearing.hear("p.example", lie)
    await b.store.close()


async def test_what_a_far_domain_revoked_is_denied_after_the_next_question(chain: Chain) -> None:  # CA-8
    alice = await chain.a.settle("alice")
    party = PartyId("alice", A)
    await chain.d.registry.find(party)
    serial = serial_text(alice.identity.serial)
    await chain.a.registry.expulsions.expel(chain.a.ca(), Expel("alice", serial))
    await chain.p.sync(chain.a)
    chain.d.clock.now += chain.d.settings.far_refresh_s + 1
    await chain.d.registry.far.lookup.refresh()
    assert serial in (await chain.d.registry.find_bundle(AskBundle(A))).denied
    with pytest.raises(NotFound):
        await chain.d.registry.find(party)


async def test_a_peer_hands_on_no_introduction_of_who_may_not_introduce(chain: Chain) -> None:  # GW-12
    """p does not let a, a plain peer of its own, introduce b."""
    b = await Town.opened("b.example", chain.p.clock)
    lie = FarTold("b.example", bundle=b.bundle.to_bytes(), chain=("b.example", A))
    handed = chain.p.registry.far.telling.vouch(Vouch(lie, A))
    assert (handed.bundle, handed.chain) == (b"", ())
    await chain.p.neighbours.set_introducing(chain.p.boss, Introducing(A, ("b.example",)))
    handed = chain.p.registry.far.telling.vouch(Vouch(lie, A))
    assert handed.chain == ("b.example", A, "p.example")
    assert handed.bundle == lie.bundle
    await b.store.close()
