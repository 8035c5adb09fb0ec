"""Who leads to a far domain says that certificates of it were revoked, without end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from msgspec.structs import replace

from overlay.registry.far.protocol import FarPin, LookUp
from overlay.trust.serials import serial_text
from tests.registry.far.chain import Chain
from tests.registry.far.test_introductions import A, roots


def made_up(first: int) -> tuple[str, ...]:
    return tuple(serial_text(number) for number in range(first, first + 1000))


@pytest.fixture
async def chain() -> AsyncIterator[Chain]:
    made = await Chain.opened()
    yield made
    await made.close()


async def test_made_up_revocations_do_not_keep_out_true_ones(chain: Chain) -> None:  # CA-8
    far, denials = chain.d.registry.far, chain.d.registry.denials
    limit = chain.d.settings.far_denied
    await roots(chain.d)
    for first in range(10**9, 10**9 + limit + 3000, 1000):
        await far.hearing.hear_denied(A, made_up(first))
    assert len(denials.of(A)) == limit
    true = serial_text(77)
    chain.told = replace(chain.true(LookUp(A)), denied=(true,))
    chain.d.clock.now += chain.d.settings.far_refresh_s + 1
    await far.lookup.refresh()
    assert denials.knows(A, true)


async def test_what_was_said_of_a_far_domain_is_forgotten_with_it(chain: Chain) -> None:  # CA-8
    far, boss = chain.d.registry.far, chain.d.boss
    await far.hearing.pin(boss, FarPin(A, chain.a.bundle.to_bytes()))
    await far.hearing.hear_denied(A, made_up(10**9))
    await far.hearing.forget(boss, A)
    await far.hearing.pin(boss, FarPin(A, chain.a.bundle.to_bytes()))
    assert not far.believed.bundle(A).denied
