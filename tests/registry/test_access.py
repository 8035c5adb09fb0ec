"""Access policies in the registry: kept, and told to our own gateway and operator only (GW-17)."""

from __future__ import annotations

import pytest

from overlay.description.enforcement import access_of
from overlay.errors import BadInput, TooLarge
from overlay.policy.access import AccessPolicy, allowing, encode_policy
from overlay.registry.peers.protocol import AskChanges
from overlay.registry.protocol import Register
from overlay.registry.record import Profile, Skill
from overlay.registry.search.protocol import Find
from tests.registry.town import Town


async def test_an_access_policy_is_told_to_our_own_gateway_only(
    town: Town, other: Town
) -> None:  # GW-17, REG-12
    bob = other.credentials("bob", "text.echo")
    policy = encode_policy(AccessPolicy(allow=(allowing(("alice@a.example",)),)))
    profile = Profile(skills=(Skill("text.echo"),))
    ask = Register(profile, other.card(bob), policy)
    entered = await other.registry.registrar.register(bob.identity, ask)
    again = await other.registry.registrar.register(bob.identity, ask)
    assert again.record == entered.record  # the same again changes nothing
    assert [one.access for one in other.registry.following.changes(AskChanges(access=True)).records] == [
        policy
    ]
    (match,) = other.look(Find(("text.echo",), cards=True)).matches
    found = match.record
    told = (found, other.registry.resolve(bob.party), *other.changes().records)
    assert [one.access for one in told] == [b"", b"", b""]
    await town.learn(
        other.registry.following.changes(AskChanges(access=True))
    )  # a gateway that tells too much
    assert town.registry.resolve(bob.party).access == b""
    assert [match.record.access for match in town.look(Find(presence="any")).matches] == [b""]


async def test_an_access_policy_that_is_none_is_refused(town: Town) -> None:
    eve = town.credentials("eve")
    for policy, error in ((b"{", BadInput), (b'{"allow":[{}]}', BadInput), (bytes(40_000), TooLarge)):
        with pytest.raises(error):
            await town.registry.registrar.register(eve.identity, Register(Profile(), town.card(eve), policy))
    assert town.members.book.get(str(eve.party)) is None


async def test_who_publishes_whom_it_lets_in_registers_that_very_policy(town: Town) -> None:  # REG-13
    bob = town.credentials("bob", "text.echo")
    profile = Profile(skills=(Skill("text.echo"),), security=("from:b.example",))
    anybody = encode_policy(AccessPolicy(allow=(allowing(("anyone",)),)))
    for policy in (b"", anybody):
        with pytest.raises(BadInput, match="registered with it says otherwise"):
            await town.registry.registrar.register(bob.identity, Register(profile, town.card(bob), policy))
    policy = encode_policy(access_of(profile))
    await town.registry.registrar.register(bob.identity, Register(profile, town.card(bob), policy))
    assert town.members.book.get(str(bob.party)) is not None
