"""A signed channel inside one domain: what members publish is read, what one publishes as another is not."""

from __future__ import annotations

import asyncio
from pathlib import Path

from overlay.channels.roster import known_roster
from overlay.channels.seal import Publisher, seal
from overlay.channels.signatures import leaf_of, sign_leaves, with_content
from overlay.naming.subjects import Class, Priority
from tests.ca.ca_domain import CaDomain
from tests.channels.company import Company
from tests.dict_registry import eventually


async def test_in_a_signed_channel_members_read_each_other_and_nobody_in_anothers_name(
    tmp_path: Path,
) -> None:  # GW-9
    domain = CaDomain(tmp_path)
    async with domain.serving():
        company = Company(domain, tmp_path)
        async with company.three() as (alice, bob, carol):
            channel = await alice.create("case", is_open=True, signed=True)
            joined = await bob.join(channel)
            await carol.join(channel)
            assert joined.signed
            assert known_roster(joined.membership.statement).signed
            for word, reliable in (("rt", False), ("rel", True)):
                await asyncio.gather(
                    *(channel.publish(f"{word} {number}", reliable=reliable) for number in range(10))
                )
            await bob.heard.until(20)
            for word in ("rt", "rel"):
                assert [text for text in bob.heard.texts if text.startswith(f"{word} ")] == [
                    f"{word} {number}" for number in range(10)
                ]
            # carol has the secret and its own certificate, and a broker that lets it publish as bob
            publisher = Publisher(channel.id, bob.endpoint.me)
            deadline_ms = int((domain.clock() + 30) * 1000)
            for cls in Class:
                draft = publisher.draft(cls, Priority.NORMAL, deadline_ms, b"bob resigns", {})
                headed = publisher.head(channel.membership.epoch, draft)
                credentials = carol.endpoint.party.credentials
                (proof,) = sign_leaves([leaf_of(headed.header, draft.content)], credentials)
                forged = seal(headed, with_content(proof, draft.content, credentials.der))
                await carol.endpoint.transport.publish(forged.subject, forged.envelope)
            await eventually(lambda: alice.endpoint.counters["channel-bad-signature"] == 1)
            await joined.publish("I do not")
            assert await alice.heard.until(1) == ["I do not"]
