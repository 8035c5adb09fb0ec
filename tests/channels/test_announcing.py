"""In a large channel all members hear at once that somebody came in, by a publication in it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from overlay.channels.announcing import announced, announces
from overlay.channels.difference import difference
from overlay.channels.epoch import new_epoch
from overlay.channels.following import Following
from overlay.channels.roster import Member, sign_roster
from overlay.channels.talk import Turn, encode_talk
from overlay.errors import Refused
from overlay.trust.signed import make_signed
from tests.ca.ca_domain import CaDomain
from tests.channels.company import Company
from tests.dict_registry import eventually


@pytest.mark.parametrize("signed", [False, True])
async def test_members_of_a_large_channel_get_the_next_key_by_a_publication_in_it(  # GW-9
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signed: bool
) -> None:
    domain = CaDomain(tmp_path, channel_told_each=0)
    heard: list[int] = []
    listen = Following.announced

    async def note(following: Following, body: bytes) -> None:
        await listen(following, body)
        heard.append(len(body))

    monkeypatch.setattr(Following, "announced", note)
    async with domain.serving():
        company = Company(domain, tmp_path)
        async with company.three() as (alice, bob, carol):
            channel = await alice.create("case", is_open=True, signed=signed)
            joined = await bob.join(channel)
            known = joined.membership.epoch
            newcomer = await carol.join(channel)
            await eventually(lambda: joined.membership.epoch == channel.membership.epoch)
            assert len(heard) == 1
            assert newcomer.membership.epoch == joined.membership.epoch != known
            await joined.publish("from who was in", reliable=True)
            await newcomer.publish("from who came", reliable=True)
            assert await carol.heard.until(1) == ["from who was in"]
            assert await bob.heard.until(1) == ["from who came"]
            assert sorted(await alice.heard.until(2)) == ["from who came", "from who was in"]
            await channel.remove(carol.endpoint.me)  # each is told by itself: carol has the key before
            await eventually(lambda: joined.membership.epoch == channel.membership.epoch)
            assert len(heard) == 1
            assert newcomer.membership.epoch != channel.membership.epoch


async def test_a_member_that_announces_a_key_of_its_own_is_not_believed(tmp_path: Path) -> None:  # GW-9
    domain = CaDomain(tmp_path)
    async with domain.serving():
        company = Company(domain, tmp_path)
        async with company.three() as (alice, bob, carol):
            channel = await alice.create("case", is_open=True)
            other = await bob.join(channel)
            joined = await carol.join(channel)
            await eventually(lambda: len(other.members) == 3)
            mine, roster = carol.endpoint.party.credentials, joined.membership.roster
            members = (*roster.members, Member("x@a.example", roster.version + 1))
            next_one = msgspec.structs.replace(roster, version=roster.version + 1, members=members)
            change = difference(joined.membership.statement, sign_roster(next_one, mine))
            assert change is not None
            turn = Turn(b"", new_epoch(next_one.version), change=change)
            statement = make_signed("channel.turn", encode_talk(turn), mine)
            sender, told = announced(statement, bob.endpoint.trust, domain.clock)
            assert sender == carol.endpoint.me
            with pytest.raises(Refused, match="not by its owner"):
                await bob.groups._following.turned(told, sender)


def test_what_announces_a_version_says_so() -> None:
    assert announces("turn-ff-00112233445566778899") == 255
    assert announces("0123abcd") == announces("turn-x") == announces("turn-") == 0
