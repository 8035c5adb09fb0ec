"""What a peer's agent claims by credentials counts when they were verified here, and not else (REG-2)."""

from __future__ import annotations

import pytest

from overlay.naming.ids import PartyId
from overlay.registry.protocol import Register
from overlay.registry.record import Profile, Skill
from tests.registry.town import Town
from tests.registry.vouching import Vouchers

ADVOCATE = PartyId("advocate", "b.example")


async def settle(other: Town, vouchers: Vouchers) -> None:
    """An advocate of b.example, whose skill `law` only a credential grants."""
    other.registry.registrar.vetting.proofs = vouchers
    owner = other.credentials("advocate", "net")
    word = vouchers.give("s", str(ADVOCATE), "skill", skills="law")
    profile = Profile(skills=(Skill("net"), Skill("law")), credentials=(word,))
    await other.registry.registrar.register(owner.identity, Register(profile, other.card(owner)))


@pytest.mark.parametrize("trusted", [True, False])
async def test_a_peers_word_on_credentials_is_worth_nothing(town: Town, other: Town, trusted: bool) -> None:
    theirs, ours = Vouchers(), Vouchers()
    await settle(other, theirs)
    if trusted:
        ours.given.update(theirs.given)
    town.registry.registrar.vetting.proofs = ours
    assert (await town.sync(other)).refused == {}
    record = town.registry.resolve(ADVOCATE)
    assert [skill.id for skill in record.profile.skills] == (["net", "law"] if trusted else ["net"])
    assert [proof.type for proof in record.verified] == (["skill"] if trusted else [])
