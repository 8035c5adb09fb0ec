"""A channel inside one domain: created, joined, read, left, with the registry and the CA of the domain."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import msgspec
import pytest

from overlay.ca.protocol import Reason
from overlay.channels.channel import Channel
from overlay.channels.client import ChannelsClient
from overlay.channels.epoch import new_epoch
from overlay.channels.founding import Founding
from overlay.channels.roster import Roster, known_roster, sign_roster
from overlay.channels.seal import Publisher, seal
from overlay.errors import NotFound, NotPermitted, Refused
from overlay.naming.ids import GATEWAY, PartyId
from overlay.naming.inside import Inside
from overlay.naming.subjects import Class, Priority
from overlay.registry.client import RegistryClient
from overlay.trust.identity import Role
from tests.ca.ca_domain import CaDomain
from tests.channels.company import Company
from tests.dict_registry import eventually


@pytest.fixture
async def company(tmp_path: Path) -> AsyncIterator[Company]:
    domain = CaDomain(tmp_path)
    async with domain.serving():
        yield Company(domain, tmp_path)


async def test_each_member_reads_what_the_others_publish_in_their_order(company: Company) -> None:  # GW-9
    async with company.three() as (alice, bob, carol):
        channel = await alice.create("case", "bob@a.example", "carol@a.example")
        await bob.join(channel)
        from_carol = await carol.join(channel)
        for number in range(20):
            await channel.publish(f"rt {number}")
            await channel.publish(f"rel {number}", reliable=True)
        await from_carol.publish("me too")
        await bob.heard.until(41)
        await carol.heard.until(40)
        for heard, count in ((bob.heard, 20), (carol.heard, 20)):
            for word in ("rt", "rel"):
                mine = [text for text in heard.texts if text.startswith(f"{word} ")]
                assert mine == [f"{word} {number}" for number in range(count)]
        assert await alice.heard.until(1) == ["me too"]
        assert {member.party for member in from_carol.members} == {
            "alice@a.example",
            "bob@a.example",
            "carol@a.example",
        }


async def test_who_is_not_invited_is_told_so_and_reads_nothing(company: Company) -> None:
    async with company.three() as (alice, bob, carol):
        channel = await alice.create("case", "bob@a.example")
        await bob.join(channel)
        with pytest.raises(NotPermitted, match="by invitation"):
            await carol.join(channel)
        told = await ChannelsClient(RegistryClient(carol.endpoint)).show(str(channel.id))
        assert (told.owner, told.roster) == ("alice@a.example", b"")
        await carol.endpoint.channels.read([channel.id])  # the broker's side: nobody let it
        await channel.publish("secret", reliable=True)
        assert await bob.heard.until(1) == ["secret"]
        assert carol.endpoint.counters["channel-not-in"] == 0


async def test_what_a_stranger_publishes_is_dropped_and_counted(company: Company) -> None:
    async with company.three() as (alice, bob, carol):
        channel = await alice.create("case", "bob@a.example")
        await bob.join(channel)
        publisher = Publisher(channel.id, carol.endpoint.me)
        deadline_ms = int((company.domain.clock() + 30) * 1000)
        draft = publisher.draft(Class.REALTIME, Priority.NORMAL, deadline_ms, b"let me in", {})
        for epoch in (channel.membership.epoch, new_epoch(1)):  # even if it had got hold of the secret
            sealed = seal(publisher.head(epoch, draft), draft.content)
            await carol.endpoint.transport.publish(sealed.subject, sealed.envelope)
        await channel.publish("first")
        assert await bob.heard.until(1) == ["first"]
        assert bob.endpoint.counters[f"channel-{NotPermitted.reason}"] == 1


async def test_who_owns_it_is_to_be_said_of_channels_of_other_domains_only(company: Company) -> None:
    async with company.some("alice") as (alice,):
        with pytest.raises(NotFound, match="or never was; `overlay channel list`"):
            await alice.groups.join(PartyId.parse("gone@a.example"), None)
        with pytest.raises(NotFound, match=r"--owner NAME@b\.example"):
            await alice.groups.join(PartyId.parse("gone@b.example"), None)


async def test_who_is_put_out_reads_nothing_more_and_the_secret_is_another(company: Company) -> None:
    async with company.three() as (alice, bob, carol):
        channel = await alice.create("case", is_open=True)
        kept = await bob.join(channel)
        lost = await carol.join(channel)
        before = lost.membership.epoch
        await eventually(lambda: kept.membership.roster.version == channel.membership.roster.version)
        await channel.remove(carol.endpoint.me)
        assert company.domain.intake.log[-2:] == [("reads", "carol"), ("come again", "carol")]
        await channel.publish("without carol", reliable=True)
        assert await bob.heard.until(1) == ["without carol"]
        assert carol.heard.texts == []
        assert channel.membership.epoch.secret != before.secret
        await eventually(lambda: not lost.open)
        with pytest.raises(NotFound):
            await lost.publish("still here?")
        old = Publisher(channel.id, carol.endpoint.me)
        draft = old.draft(
            Class.REALTIME, Priority.NORMAL, int((company.domain.clock() + 30) * 1000), b"me", {}
        )
        sealed = seal(old.head(before, draft), draft.content)
        await carol.endpoint.transport.publish(sealed.subject, sealed.envelope)
        await eventually(lambda: bob.endpoint.counters["channel-old-epoch"] == 1)


async def test_who_leaves_is_out_by_the_registrys_word_and_the_owner_renews_the_secret(
    company: Company,
) -> None:
    async with company.three() as (alice, bob, carol):
        channel = await alice.create("case", is_open=True)
        await bob.join(channel)
        leaver = await carol.join(channel)
        await leaver.leave()
        assert ("come again soon", "carol") in company.domain.intake.log
        await eventually(lambda: channel.membership.roster.member(carol.endpoint.me) is None)
        assert carol.groups.all() == []
        with pytest.raises(Refused, match="release"):
            await channel.leave()


async def test_a_member_that_was_away_gets_what_was_stored_and_goes_on_from_its_folder(
    company: Company,
) -> None:
    async with company.three() as (alice, bob, _):
        channel = await alice.create("case", is_open=True)
        await bob.join(channel)
        dave = await company.member("dave")
        async with company.at_work(dave) as here:
            await here.join(channel)
        await channel.publish("while you were away", reliable=True)
        await channel.remove(bob.endpoint.me)  # another secret, meanwhile
        await channel.publish("and then", reliable=True)
        async with company.at_work(dave) as back:
            await back.join(channel)
            assert sorted(set(await back.heard.until(2))) == ["and then", "while you were away"]
        async with company.at_work(dave) as again:
            await again.join(channel)
            await channel.publish("new", reliable=True)
            assert await again.heard.until(1) == ["new"]


async def test_a_reliable_message_on_which_the_handler_fails_comes_again(company: Company) -> None:
    async with company.three() as (alice, bob, _):
        channel = await alice.create("case", is_open=True)
        joined = await bob.groups.join(channel.id, None)
        tries: list[str] = []

        async def fails_once(message: object) -> None:
            tries.append(str(message))
            if len(tries) == 1:
                raise RuntimeError("not yet")

        joined.handle_by(fails_once)
        await channel.publish("again", reliable=True)
        await eventually(lambda: len(tries) == 2)
        assert bob.endpoint.counters["channel-handler-failed"] == 1


async def test_a_channel_that_is_released_is_over_for_all_and_may_be_made_anew(company: Company) -> None:
    async with company.three() as (alice, bob, _):
        channel = await alice.create("case", is_open=True)
        with pytest.raises(Refused, match="there already"):
            await bob.groups.create("case", Founding(is_open=True))
        joined = await bob.join(channel)
        await channel.release()
        await eventually(lambda: not joined.open)
        again = await bob.create("case", is_open=True)
        await alice.join(again)
        await again.publish("mine now")
        assert await alice.heard.until(1) == ["mine now"]


async def test_only_the_owner_says_who_is_in_it(company: Company) -> None:  # GW-17
    async with company.three() as (alice, bob, _):
        channel = await alice.create("case", is_open=True)
        joined = await bob.join(channel)
        client = ChannelsClient(RegistryClient(bob.endpoint))
        roster = joined.membership.roster
        forged = Roster(roster.channel, roster.owner, roster.version + 1, roster.members)
        credentials = bob.endpoint.party.credentials
        with pytest.raises(Refused, match="not by its owner"):
            await client.put(sign_roster(forged, credentials))
        taken = Roster(roster.channel, str(bob.endpoint.me), roster.version + 1, roster.members)
        with pytest.raises(Refused, match="is owned by"):
            await client.put(sign_roster(taken, credentials))
        with pytest.raises(Refused, match="does not own"):
            await client.put(sign_roster(forged, alice.endpoint.party.credentials))
        with pytest.raises(NotPermitted):
            await bob.groups.owning.remove(channel.id, alice.endpoint.me)


async def test_the_gateway_hears_where_members_are(company: Company) -> None:  # GW-9
    async with company.three() as (alice, bob, _):
        channel = await alice.create("case", is_open=True)
        async with company.domain.open(company.domain.memory.party(GATEWAY, Role.GATEWAY)) as gateway:
            client = ChannelsClient(RegistryClient(gateway))
            first = await client.routes()
            assert first.full
            assert [(one.channel, one.local, one.domains) for one in first.routes] == [
                ("case@a.example", True, ("a.example",))
            ]
            nothing = await client.routes(first.log, first.version)
            assert (nothing.full, nothing.routes) == (False, ())
            await bob.join(channel)
            later = await client.routes(first.log, first.version, wait_s=10)
            assert [one.channel for one in later.routes] == ["case@a.example"]
            await channel.release()
            last = await client.routes(later.log, later.version, wait_s=10)
            assert [(one.local, one.domains) for one in last.routes] == [(False, ())]


async def test_what_the_broker_could_not_be_told_is_told_by_the_sweeps(company: Company) -> None:
    async with company.three() as (alice, bob, _):
        channel = await alice.create("case", is_open=True)
        company.domain.intake.broken = True
        await bob.join(channel)
        company.domain.intake.broken = False
        await company.domain.registry_service.channels.sweep()
        await channel.publish("here", reliable=True)
        assert await bob.heard.until(1) == ["here"]
        assert known_roster(channel.membership.statement).member(bob.endpoint.me) is not None


async def test_a_revoked_member_is_out_and_the_owner_learns_it(company: Company) -> None:  # CA-8
    async with company.three() as (alice, bob, carol):
        channel = await alice.create("case", is_open=True)
        await bob.join(channel)
        await carol.join(channel)
        async with company.domain.operator() as boss:
            await boss.revoke(Reason.RETIRED, name="carol")
        await company.domain.registry_service.channels.sweep()
        await alice.groups.check()
        assert channel.membership.roster.member(carol.endpoint.me) is None


async def test_where_messages_pass_the_gateway_nobody_publishes_past_it(company: Company) -> None:  # GW-11
    async with company.three() as (alice, bob, _):
        channel = await alice.create("case", is_open=True)
        theirs = await bob.join(channel)
        await channel.publish("before")
        assert await bob.heard.until(1) == ["before"]
        bob.endpoint.learn_card(
            msgspec.structs.replace(bob.endpoint.party.domain_card, inside=Inside.GATEWAY)
        )
        with pytest.raises(NotPermitted, match="through the gateway"):
            await theirs.publish("after", reliable=True)


def _is_out(channel: Channel) -> bool:
    return not channel.open


async def test_who_was_put_out_comes_in_by_no_invitation_but_one_of_its_own(company: Company) -> None:  # GW-9
    async with company.three() as (alice, bob, carol):
        for channel in (await alice.create("case", "a.example"), await alice.create("open", is_open=True)):
            theirs = await bob.join(channel)
            left = await carol.join(channel)
            await left.leave()
            await channel.remove(bob.endpoint.me)
            await eventually(partial(_is_out, theirs))
            with pytest.raises(NotPermitted):
                await bob.join(channel)
            assert (await carol.join(channel)).open  # who left by itself comes again
            await channel.invite(bob.endpoint.me)
            assert (await bob.join(channel)).open
