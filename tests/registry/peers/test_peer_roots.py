"""A peer's new roots: by its own CA, proved by what is pinned, never back (CA-5)."""

from __future__ import annotations

import pytest

from overlay.naming.ids import CA, REGISTRY
from overlay.registry.peers.protocol import Changes
from overlay.trust.bundle import TrustBundle
from overlay.trust.bundle_news import sign_bundle_news
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from tests.ca.office import DAY
from tests.registry.town import Town


@pytest.fixture
def second(other: Town) -> Issuer:
    """The next root of b.example."""
    return Issuer(*new_root("b.example", 3650 * DAY, other.clock()))


def _ca(town: Town) -> Credentials:
    return town.credentials(CA, role=Role.SERVICE)


def _pinned(town: Town) -> TrustBundle:
    return TrustBundle.from_bytes(town.neighbours.peers()[0].bundle)


async def test_a_peer_hears_of_new_roots_and_later_drops_the_old_one(
    town: Town, other: Town, second: Issuer
) -> None:
    both = TrustBundle("b.example", (second.root, other.issuer.root))
    await other.registry.following.use_bundle_news(1, sign_bundle_news(both, 1, _ca(other)))
    assert ((await town.sync(other)).refused, _pinned(town)) == ({}, both)
    other.issuer = second
    alone = TrustBundle("b.example", (second.root,))
    await other.registry.following.use_bundle_news(2, sign_bundle_news(alone, 2, _ca(other)))
    await town.sync(other)
    await town.reopen()
    assert (_pinned(town), town.neighbours.peers()[0].epoch) == (alone, 2)


async def test_roots_that_the_peers_own_ca_did_not_tell_are_refused(
    town: Town, other: Town, second: Issuer
) -> None:
    both = TrustBundle("b.example", (second.root, other.issuer.root))
    before = _pinned(town)
    registry = other.credentials(REGISTRY, role=Role.SERVICE)
    foreign = _ca(town)
    unheard = TrustBundle("b.example", (second.root,))
    for statement in (
        sign_bundle_news(both, 1, registry),  # by another service
        sign_bundle_news(both, 1, foreign),  # by the CA of another domain
        sign_bundle_news(town.bundle, 1, _ca(other)),  # for another domain
        sign_bundle_news(unheard, 1, _ca(other)),  # with none of the roots that are pinned
        b"no statement",
    ):
        learned = await town.learn(_told(town, other, statement))
        assert list(learned.refused) == ["the roots of b.example"]
    assert _pinned(town) == before


async def test_roots_of_an_earlier_epoch_are_not_taken_back(town: Town, other: Town, second: Issuer) -> None:
    both = TrustBundle("b.example", (second.root, other.issuer.root))
    await town.learn(_told(town, other, sign_bundle_news(both, 2, _ca(other))))
    await town.learn(_told(town, other, sign_bundle_news(other.bundle, 1, _ca(other))))
    assert _pinned(town) == both


def _told(town: Town, other: Town, statement: bytes) -> Changes:
    known = town.neighbours.peers()[0]
    return Changes(
        log=other.history.log,
        since=known.version,
        version=known.version,
        full=not known.log,
        records=(),
        gone=(),
        more=False,
        bundle=statement,
    )
