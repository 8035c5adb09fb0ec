"""What a process believes of other domains ends with what its registry believes."""

from __future__ import annotations

from overlay.errors import NotFound, Unavailable
from overlay.registry.roots_check import RootsCheck
from overlay.trust.bundle import TrustBundle
from tests.memory_domain import MemoryDomain


async def test_roots_that_lapsed_are_forgotten_and_others_kept() -> None:  # GW-12
    home, lapsed, silent = [MemoryDomain(f"{name}.example") for name in ("home", "lapsed", "silent")]

    async def bundle_of(domain: str) -> TrustBundle:
        raise NotFound("it lapsed") if domain == lapsed.name else Unavailable("nobody answers")

    async with home.open("alice") as alice:
        for other in (lapsed, silent):
            alice.trust.add(other.bundle)
        await RootsCheck(alice, bundle_of).look()
        assert alice.trust.domains == {home.name, silent.name}


async def test_other_roots_that_the_registry_knows_are_taken_over() -> None:  # GW-12
    home, old, new = [MemoryDomain(name) for name in ("home.example", "x.example", "x.example")]

    async def bundle_of(_: str) -> TrustBundle:
        return new.bundle

    async with home.open("alice") as alice:
        alice.trust.add(old.bundle)
        await RootsCheck(alice, bundle_of).look()
        assert alice.trust.bundle("x.example") == new.bundle
