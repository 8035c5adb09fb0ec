"""A door that cannot see the CA's database lets nobody in on old news."""

from __future__ import annotations

import asyncio

import pytest

from overlay.domain.admission import FreshDenials
from overlay.errors import Unavailable, Unreachable
from overlay.settings import Settings


class Ca:
    """Answers, or is away."""

    def __init__(self) -> None:
        self.away = False
        self.asked = asyncio.Event()

    async def catch_up(self) -> None:
        self.asked.set()
        if self.away:
            raise Unreachable("it is away")


def knows(fresh: FreshDenials) -> bool:
    try:
        return not fresh.denies(1)
    except Unavailable:
        return False


async def test_nobody_is_let_in_before_the_ca_was_asked() -> None:
    with pytest.raises(Unavailable):
        FreshDenials(Ca().catch_up, Settings()).denies(1)


async def test_what_the_ca_said_counts_until_it_is_too_old() -> None:
    ca = Ca()
    lasting, ending = (
        FreshDenials(ca.catch_up, Settings(admission_list_age_s=age_s)) for age_s in (3600, 1e-9)
    )
    await lasting.look()
    await ending.look()
    ca.away = True
    with pytest.raises(Unreachable):
        await lasting.look()
    assert not lasting.denies(1)
    with pytest.raises(Unavailable, match="so nobody is let in"):
        ending.denies(1)


async def test_it_goes_on_asking_a_ca_that_is_away() -> None:
    ca = Ca()
    ca.away = True
    fresh = FreshDenials(ca.catch_up, Settings(admission_follow_s=0.001, admission_list_age_s=3600))
    running = asyncio.create_task(fresh.run())
    try:
        async with asyncio.timeout(30):
            await ca.asked.wait()
            ca.away = False
            while not knows(fresh):
                await asyncio.sleep(0.001)
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
