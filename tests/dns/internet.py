"""A small Internet for domains that look for each other: names, a web server, and whom it all belongs to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from overlay.dns.formats import Format, as_text
from overlay.domain.create import Wish, create_domain
from overlay.domain.dns_export import records_of, write_web
from overlay.domain.folder import DomainFolder
from overlay.transport.address import BrokerKind
from tests.credentials.https_site import Page, Site, https_site
from tests.dns.name_server import NameServers, Zone, name_servers

HOST = "foreign.example"
"""Where everybody's files are."""


@dataclass(frozen=True)
class Internet:
    """What is out there, and how a domain gets there."""

    site: Site
    servers: NameServers
    domains: Mapping[str, DomainFolder]

    @property
    def settings(self) -> dict[str, str]:
        """The way to it, as variables of the environment."""
        return {
            "OVERLAY_DNS_SERVERS": "127.0.0.1",
            "OVERLAY_DNS_PORT": str(self.servers.resolver),
            "OVERLAY_DNS_TIMEOUT_S": "30",
            "OVERLAY_DID_CA_FILE": str(self.site.ca_file),
            "OVERLAY_DID_PRIVATE_ADDRESSES": "true",
            "OVERLAY_DID_TIMEOUT_S": "30",
        }

    def serve(self, folder: DomainFolder, out: Path) -> None:
        """What a domain exports for its web server, under a path of its own."""
        name = folder.path.name
        write_web(folder, out / name)
        root = out / name / ".well-known"
        pages = {
            f"/{name}/{file.relative_to(root)}": Page(file.read_bytes(), "text/plain; charset=utf-8")
            for file in root.rglob("*.txt")
        }
        kept = {path: page for path, page in self.site.pages.items() if not path.startswith(f"/{name}/")}
        self.site.pages.clear()
        self.site.pages.update(kept | pages)


@asynccontextmanager
async def internet(out: Path, live: DomainFolder) -> AsyncIterator[Internet]:
    """One with the domain `live` and some more in it."""
    names = (HOST, "unsigned.example", "swapped.example")
    folders = {name: _made(out / name) for name in names} | {"live.example": live}
    async with https_site(out, HOST) as site:

        def records(name: str) -> str:
            folder = folders[name]
            web = f"https://{HOST}:{site.port}/{folder.path.name}/"
            return as_text(records_of(folder, web), Format.ZONE, 60)

        good = records(HOST)
        zones = {
            HOST: Zone(f"{good}\n_overlay-nats._tcp SRV 10 10 4222 broker.{HOST}."),
            "live.example": Zone(records("live.example")),
            "unsigned.example": Zone(records("unsigned.example"), signed=False),
            "broken.example": Zone(good.replace(HOST, "broken.example"), forged=True),
            "swapped.example": Zone(good.replace(HOST, "swapped.example").replace("//swapped", "//foreign")),
            "thief.example": Zone(f"_overlay CNAME _overlay.{HOST}."),
            "silent.example": Zone(""),
        }
        async with name_servers(out / "names", zones) as servers:
            made = Internet(site, servers, folders)
            for folder in folders.values():
                made.serve(folder, out / "web")
            yield made


def _made(path: Path) -> DomainFolder:
    create_domain(path, Wish(path.name, BrokerKind.NATS))
    return DomainFolder.open(path)
