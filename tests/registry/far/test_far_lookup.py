"""What a registry finds of domains and agents that no peer told it of."""

from __future__ import annotations

import pytest

from overlay.errors import NotFound
from overlay.naming.ids import PartyId
from overlay.policy.export import ExportPolicy, encode_export
from overlay.registry.acts import Decision
from overlay.registry.peers.protocol import AskBundle
from overlay.registry.storage.contract import Write
from overlay.registry.storage.keys import EXPORT, key
from overlay.trust.bundle import TrustBundle
from tests.registry.far.chain import Chain

ALICE = PartyId("alice", "a.example")


async def test_an_agent_beyond_the_parent_is_found_and_proved(chain: Chain) -> None:  # GW-7, GW-12
    alice = await chain.a.settle("alice", "x.y")
    found = await chain.d.registry.find(ALICE)
    assert (found.party, found.gateway) == ("alice@a.example", "gw@a.example")
    assert [skill.id for skill in found.profile.skills] == ["x.y"]
    bundle = await chain.d.registry.find_bundle(AskBundle("a.example"))
    assert TrustBundle.from_bytes(bundle.bundle) == chain.a.bundle
    (far,) = chain.d.registry.far.believed.all()
    assert (far.by, far.chain) == ("p.example", ("p.example",))
    assert alice.party == ALICE


async def test_what_was_found_is_asked_for_once_in_a_while(chain: Chain) -> None:  # GW-7
    await chain.a.settle("alice")
    await chain.d.registry.find(ALICE)
    await chain.d.registry.find(ALICE)
    assert len(chain.asked) == 1
    chain.d.clock.now += chain.d.settings.far_record_s + 1
    await chain.d.registry.find(ALICE)
    assert len(chain.asked) == 2


async def test_who_is_not_found_is_not_asked_for_at_once_again(chain: Chain) -> None:  # GW-7
    for _ in range(2):
        with pytest.raises(NotFound):
            await chain.d.registry.find(ALICE)
    assert len(chain.asked) == 1
    await chain.a.settle("alice")
    chain.d.clock.now += chain.d.settings.far_unknown_s + 1
    assert (await chain.d.registry.find(ALICE)).party == str(ALICE)


async def test_a_hidden_agent_is_not_found_from_afar(chain: Chain) -> None:  # GW-7
    """Neither what the peer that asks may not hear, nor what whoever asks first may not."""
    await chain.a.settle("alice")
    for domain in ("p.example", "d.example"):
        await _export(chain, domain, encode_export(ExportPolicy(others="deny")))
        with pytest.raises(NotFound):
            await chain.d.registry.find(ALICE)
        await _export(chain, domain, None)
        chain.d.clock.now += chain.d.settings.far_unknown_s + 1
    assert (await chain.d.registry.find(ALICE)).party == str(ALICE)


async def _export(chain: Chain, domain: str, policy: bytes | None) -> None:
    await chain.a.registry.acts.do(lambda: Decision(None, (Write(key(EXPORT, domain), policy),)))


async def test_a_domain_that_nobody_introduces_is_not_believed_and_says_what_to_do(
    chain: Chain,
) -> None:  # GW-12
    with pytest.raises(NotFound, match="overlay peer add"):
        await chain.d.registry.find_bundle(AskBundle("nowhere.example"))
