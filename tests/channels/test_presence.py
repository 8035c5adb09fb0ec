"""Who of a channel's members is there, and how that changes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from overlay.channels.charter import History
from overlay.channels.client import ChannelsClient
from overlay.channels.founding import Founding
from overlay.channels.presence import PresenceEvent
from overlay.errors import NotFound
from overlay.registry.client import RegistryClient
from overlay.registry.record import Presence
from tests.ca.ca_domain import CaDomain
from tests.channels.company import LIMIT_S, Company
from tests.dict_registry import eventually


async def test_members_see_who_is_there_and_who_joins_leaves_is_away_and_back(tmp_path: Path) -> None:  # GW-9
    domain = CaDomain(tmp_path, channel_presence_s=0.01)
    async with domain.serving():
        company = Company(domain, tmp_path)
        async with company.three() as (alice, bob, carol):
            channel = await alice.found("case", Founding(is_open=True, history=History.ALL))
            theirs = await bob.join(channel)
            for someone in (alice, bob, carol):
                await RegistryClient(someone.endpoint).heartbeat(Presence.ONLINE)
            assert [str(one) for one in await theirs.present()] == ["alice@a.example", "bob@a.example"]
            with pytest.raises(NotFound, match="is not in"):
                await ChannelsClient(RegistryClient(carol.endpoint)).present(str(channel.id))
            seen: asyncio.Queue[PresenceEvent] = asyncio.Queue()

            async def watch() -> None:
                async for event in theirs.watch_presence():
                    seen.put_nowait(event)

            async def next_one() -> tuple[str, str]:
                async with asyncio.timeout(LIMIT_S):
                    event = await seen.get()
                return event.party.name, event.move.value

            watching = asyncio.create_task(watch())
            roll = domain.registry_service.channels.roll
            await eventually(lambda: roll.watchers == 1)
            await RegistryClient(alice.endpoint).heartbeat(Presence.OFFLINE)
            assert await next_one() == ("alice", "away")
            await RegistryClient(alice.endpoint).heartbeat(Presence.ONLINE)
            assert await next_one() == ("alice", "back")
            await carol.join(channel)
            assert await next_one() == ("carol", "joined")
            await channel.remove(carol.endpoint.me)
            assert await next_one() == ("carol", "left")
            await channel.release()
            async with asyncio.timeout(LIMIT_S):
                await watching
            assert seen.empty()
