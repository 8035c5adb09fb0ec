"""A peer is found by DNS and pinned on somebody's word: real name servers, real TLS, and those who forge."""

from __future__ import annotations

import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from overlay.clock import system_clock
from overlay.dns.lookup import DnsLookup
from overlay.dns.root_digest import root_digest
from overlay.dns.statement import Statement
from overlay.domain.folder import DomainFolder
from overlay.domain.peer_by_dns import Word, find_peer
from overlay.domain.peering import export_peering, remove_peer
from overlay.domain.peering_file import read_peering
from overlay.errors import BadInput, NotFound, OverlayError, Refused, TimedOut, Unreachable, Untrusted
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from tests.cli.test_program import complaint
from tests.dns.internet import HOST, Internet, internet
from tests.dns.name_server import Zone, name_servers
from tests.live_domain import LiveDomain, overlay

pytestmark = pytest.mark.usefixtures("online")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def outside(live: LiveDomain, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Internet]:
    async with internet(tmp_path_factory.mktemp("internet"), live.folder) as made:
        yield made


@pytest.fixture
def online(outside: Internet, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in outside.settings.items():
        monkeypatch.setenv(name, value)


def digest_of(folder: DomainFolder) -> str:
    (root,) = read_peering(export_peering(folder)[0], system_clock()).bundle.roots
    return root_digest(root)


async def test_a_signed_zone_vouches_for_the_roots_in_the_peering_file(
    live: LiveDomain, outside: Internet
) -> None:
    found = await find_peer(live.folder, HOST)
    assert (found.opened.peering.domain, found.word) == (HOST, Word.DNSSEC)
    assert found.roots == [digest_of(outside.domains[HOST])]
    assert [str(broker) for broker in found.brokers] == [f"tls://broker.{HOST}:4222"]


async def test_an_unsigned_zone_counts_on_the_operators_word_only(
    live: LiveDomain, outside: Internet
) -> None:
    name, root = "unsigned.example", digest_of(outside.domains["unsigned.example"])
    with pytest.raises(Refused, match="nobody vouches"):
        await find_peer(live.folder, name)
    assert (await find_peer(live.folder, name, trust_dns=True)).word is Word.DNS
    assert (await find_peer(live.folder, name, [root])).word is Word.OPERATOR
    with pytest.raises(Untrusted, match="nothing is pinned"):
        await find_peer(live.folder, name, [digest_of(outside.domains[HOST])])


async def test_what_no_resolver_validated_is_not_taken_for_validated(outside: Internet) -> None:
    values = {"dns_servers": "127.0.0.1", "dns_timeout_s": 30, "dns_port": outside.servers.authority}
    assert not (await DnsLookup(Settings.model_validate(values)).statement(HOST)).validated


async def test_a_resolver_on_another_machine_is_not_believed_that_it_validated() -> None:
    for trusted in (False, True):
        lookup = DnsLookup(Settings(dns_servers="192.0.2.1", dns_trust_ad=trusted))
        believed = [lookup.believes(address) for address in ("192.0.2.1", "127.0.0.11", "127.0.0.53")]
        assert believed == [trusted, trusted, True]


@pytest.mark.parametrize(
    ("name", "error", "why"),
    [
        ("swapped.example", Untrusted, "nothing is pinned"),
        ("thief.example", BadInput, "speaks for foreign.example"),
        ("broken.example", Unreachable, "SERVFAIL"),
        ("silent.example", NotFound, "overlay dns export"),
        ("live.example", BadInput, "itself"),
    ],
)
async def test_a_forger_and_a_domain_that_says_nothing_are_told_apart(
    live: LiveDomain, name: str, error: type[OverlayError], why: str
) -> None:
    with pytest.raises(error, match=why):
        await find_peer(live.folder, name)


async def test_a_file_of_another_domain_is_refused_even_with_its_own_fingerprint(
    live: LiveDomain, outside: Internet, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = outside.site.pages
    path = "/unsigned.example/overlay-peering.txt"
    monkeypatch.setitem(ours, path, ours[f"/{HOST}/overlay-peering.txt"])
    with pytest.raises(Untrusted, match=f"peering file of {HOST}"):
        await find_peer(live.folder, "unsigned.example", [digest_of(outside.domains[HOST])])
    monkeypatch.delitem(ours, path)
    with pytest.raises(NotFound, match="no peering file at"):
        await find_peer(live.folder, "unsigned.example", trust_dns=True)


async def test_a_truncated_answer_is_read_over_tcp_and_an_alias_is_followed(tmp_path: Path) -> None:
    many = Statement(PartyId("gw", "many.example"), tuple(f"sha256:{number:064x}" for number in range(8)))
    strings = " ".join(f'"{many.text[at : at + 200]}"' for at in range(0, len(many.text), 200))
    zone = Zone(f"_overlay CNAME elsewhere\nelsewhere TXT {strings}")
    async with name_servers(tmp_path / "names", {"many.example": zone}) as servers:
        values = {"dns_servers": "127.0.0.1", "dns_port": servers.resolver, "dns_timeout_s": 30}
        said = await DnsLookup(Settings.model_validate(values)).statement("many.example")
    assert (said.statement, said.validated) == (many, True)


async def test_a_resolver_that_does_not_answer_is_said_in_words() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        values = {"dns_servers": "127.0.0.1", "dns_port": mute.getsockname()[1], "dns_timeout_s": 0.3}
        with pytest.raises(TimedOut, match="dns_servers"):
            await DnsLookup(Settings.model_validate(values)).statement(HOST)


async def test_two_domains_federate_by_name_and_the_answer_is_found_as_well(
    live: LiveDomain, outside: Internet, tmp_path: Path
) -> None:
    asked = await overlay("peer", "add", HOST, "--home", live.home, cwd=tmp_path)
    assert (asked.code, "add --yes" in asked.err, "DNSSEC" in asked.out) == (2, True, True)
    added = await overlay("peer", "add", HOST, "--home", live.home, "--yes", "--json", cwd=tmp_path)
    assert added.code == 0, complaint(added)
    try:
        outside.serve(live.folder, tmp_path)
        answer = await find_peer(outside.domains[HOST], live.name)
        assert (answer.opened.peering.answers, answer.word) == (HOST, Word.DNSSEC)
        assert answer.text == (tmp_path / f"answer-to-{HOST}.peer").read_text()
    finally:
        await remove_peer(live.folder, HOST)
    outside.serve(live.folder, tmp_path)
    assert not (await find_peer(outside.domains[HOST], live.name)).opened.peering.answers


async def test_what_the_dns_says_is_shown_for_people_and_for_scripts(
    live: LiveDomain, outside: Internet
) -> None:
    data = json.loads((await overlay("dns", "show", HOST, "--home", live.home, "--json")).out)
    assert (data["gateway"], data["validated"]) == (f"gw@{HOST}", True)
    assert data["roots"] == [digest_of(outside.domains[HOST])]
    text = await overlay("dns", "export", "--home", live.home)
    assert (text.code, "nobody outside reaches it" in text.out) == (0, True)
