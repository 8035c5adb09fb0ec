"""Which domain a host is of, by the DNS: real name servers, signed and unsigned zones."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from overlay.agent.addressing import Addressing
from overlay.dns.lookup import DnsLookup
from overlay.dns.records import quoted
from overlay.errors import NotFound, Refused
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from tests.dns.name_server import Zone, name_servers

_ROOT = f"sha256:{'ab' * 32}"


def _record(name: str, domain: str) -> str:
    return f"{name} IN TXT {quoted(f'v=overlay1; gw=gw@{domain}; root={_ROOT}')}\n"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def asked(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Settings]:
    zones = {
        "shop.test": Zone(_record("_overlay", "shop.test"), signed=False),
        "brand.test": Zone(_record("_overlay.www", "shop.test")),
        "thief.test": Zone(_record("_overlay.www", "shop.test"), signed=False),
        "plain.test": Zone("www IN A 127.0.0.1\n"),
    }
    async with name_servers(tmp_path_factory.mktemp("dns") / "servers", zones) as servers:
        yield Settings(dns_servers="127.0.0.1", dns_port=servers.resolver)


async def test_a_host_below_a_domain_is_of_that_domain(asked: Settings) -> None:  # GW-7
    assert await DnsLookup(asked).domain_of_host("a.www.shop.test") == "shop.test"


async def test_a_signed_record_names_the_domain_of_any_host(asked: Settings) -> None:  # GW-7
    assert await DnsLookup(asked).domain_of_host("www.brand.test") == "shop.test"


async def test_an_unsigned_record_of_another_domain_counts_for_nothing(asked: Settings) -> None:  # GW-7
    with pytest.raises(Refused, match="DNSSEC"):
        await DnsLookup(asked).domain_of_host("www.thief.test")


async def test_a_url_leads_to_the_agent_of_the_domain_that_has_the_host(asked: Settings) -> None:  # GW-7
    learned: list[str] = []

    async def learn(domain: str) -> None:
        learned.append(domain)
        if domain != "shop.test":
            raise NotFound(f"{domain} is unknown")

    addressing = Addressing("home.test", learn, asked)
    for _ in range(2):
        found = await addressing.party("https://www.brand.test/agents/bob")
        assert found == PartyId("bob", "shop.test")
    assert learned == ["www.brand.test", "shop.test"]
    with pytest.raises(NotFound, match=r"www\.plain\.test is unknown.*record of the overlay"):
        await addressing.party("https://www.plain.test/agents/bob")
