"""`overlay route` and `overlay peer set`, as an operator types them (GW-8, GW-12)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.peering import add_peer, export_peering, remove_peer
from overlay.gateway.client import GatewayClient
from overlay.transport.address import BrokerKind
from tests.cli.test_program import complaint
from tests.live_domain import Done, LiveDomain, eventually, overlay

pytestmark = pytest.mark.timeout(300)  # it may be the one that starts the domain
PEER = "hub.example"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def peered(live: LiveDomain, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LiveDomain]:
    """With a peer that is never up."""
    path = tmp_path_factory.mktemp("hub") / "hub"
    create_domain(path, Wish(PEER, BrokerKind.NATS))
    text, _ = export_peering(DomainFolder.open(path))
    await add_peer(live.folder, text)
    yield live
    await remove_peer(live.folder, PEER)


async def both(live: LiveDomain, *words: str) -> tuple[Done, Done]:
    """As text and as JSON."""
    command = (*words, "--home", live.home)
    text, structured = await asyncio.gather(overlay(*command), overlay(*command, "--json"))
    return text, structured


async def knows(live: LiveDomain, destination: str) -> None:
    """Returns when its gateway does, which looks now and then."""
    async with operator(live.folder) as hand:
        gateway = GatewayClient(hand.endpoint)

        async def listed() -> bool:
            return destination in {route.destination for route in await gateway.routes()}

        await eventually(listed)


async def test_what_a_peer_is_is_changed_and_the_rest_stays(peered: LiveDomain) -> None:  # GW-12
    slip = await overlay("peer", "set", PEER, "--as", "boss", "--home", peered.home)
    assert (slip.code, "'--as': 'boss' is not one of" in complaint(slip)) == (2, True)
    first = await overlay("peer", "set", PEER, "--as", "child", "--rank", "3", "--home", peered.home)
    assert first.out == f"{PEER} is a child: we carry for it and for those under it.\n"
    await overlay("peer", "set", PEER, "--as", "parent", "--home", peered.home)
    nobody = await overlay("discover", "nobody.at-all", "--home", peered.home)
    assert (nobody.code, nobody.out.splitlines()[-1]) == (
        1,
        "Only our own domain and peers are searched: ask an agent of a domain farther away by its ID.",
    )
    again, unknown = await asyncio.gather(
        overlay("peer", "set", PEER, "--as", "peer", "--transit", "--json", "--home", peered.home),
        overlay("peer", "set", "nobody.example", "--transit", "--home", peered.home),
    )
    assert json.loads(again.out) == {"domain": PEER, "as": "peer", "transit": True, "rank": 3}
    assert (unknown.code, "`overlay peer list`" in complaint(unknown)) == (1, True)


async def test_an_operator_says_by_whom_a_domain_is_reached_and_sees_it(peered: LiveDomain) -> None:  # GW-8
    home = ("--home", peered.home)
    early = await overlay("route", "add", "*.far.example", "--via", "q.example", *home)
    assert early.out == (
        "What is for *.far.example goes to q.example.\n"
        "q.example is no peer yet: nothing goes there until it is.\n"
    )
    added = await overlay("route", "add", "*.far.example", "--via", f"gw@{PEER}", *home)
    assert added.out == (f"What is for *.far.example goes to {PEER}, instead of to q.example.\n")
    refused = await overlay("route", "refuse", "bad.example", "--json", *home)
    assert json.loads(refused.out) == {
        "routes": [{"domain": "*.far.example", "via": [PEER]}],
        "refused": ["bad.example"],
    }

    await knows(peered, "*.far.example")
    seen = (await overlay("route", "list", *home)).out
    assert "*.far.example" in seen
    assert "Nothing of others is carried to or from bad.example." in seen
    (text, structured), traced = await asyncio.gather(
        both(peered, "route", "explain", "bob@x.far.example"),
        overlay("route", "trace", "gw@x.far.example", "--json", *home),
    )
    assert "our operator says so (overlay route); but it is not linked now" in text.out
    told = json.loads(structured.out)
    assert (structured.code, told["hop"], told["source"]) == (0, PEER, "configured")
    end = json.loads(traced.out)
    assert (traced.code, end["hops"], end["ended"], end["reason"]) == (1, [], peered.name, "unreachable")
    removed = await overlay("route", "remove", "*.far.example", *home)
    assert removed.out == "The way that was added for *.far.example is gone.\n"
    permitted = await overlay("route", "permit", "bad.example", "--json", *home)
    assert json.loads(permitted.out) == {"routes": [], "refused": []}


async def test_an_agent_that_nobody_told_of_is_said_and_names_can_be_copied(peered: LiveDomain) -> None:
    own, theirs = f"ghost@{peered.name}", f"ghost@{PEER}"
    here, there = await asyncio.gather(
        overlay("route", "explain", own, "--home", peered.home),
        overlay("route", "explain", theirs, "--home", peered.home),
    )
    assert (here.code, here.out.startswith(f"{peered.name} is our own domain")) == (1, True)
    assert there.out.startswith(f"{theirs} is an agent ID")
    assert f"{PEER} has told us of no agent {theirs}" in there.out


async def test_a_slip_is_said_in_one_line(live: LiveDomain) -> None:
    slips = {
        ("add", "bob@b.example", "--via", PEER): (2, "ways lead to domains; write b.example"),
        ("remove", "b.example"): (1, "no way to b.example was added"),
        ("refuse", "b_example"): (2, "is not a domain"),
        ("trace", live.name): (2, "our own domain"),
    }
    found = await asyncio.gather(*(overlay("route", *words, "--home", live.home) for words in slips))
    for done, (code, said) in zip(found, slips.values(), strict=True):
        assert (done.code, said in complaint(done)) == (code, True)
