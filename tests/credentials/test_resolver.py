"""Documents of DIDs: of our agents, and of strangers on a real web server."""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Callable
from pathlib import Path

import pytest

from overlay.credentials.did_document import agent_document, domain_document
from overlay.credentials.resolver import DidResolver
from overlay.credentials.web import HttpsWeb, is_public
from overlay.errors import BadCredential, BadName, BadSettings, NotFound, TimedOut, Unreachable
from overlay.settings import Settings
from overlay.trust.keys import SigningKey
from tests.credentials.https_site import Page, Site, https_site
from tests.credentials.scene import FakeWeb, Scene


def web(site: Site, **changes: object) -> HttpsWeb:
    values = {"did_ca_file": str(site.ca_file), "did_private_addresses": True, "did_timeout_s": 30} | changes
    return HttpsWeb(Settings.model_validate(values))


def document(did: str) -> bytes:
    made = domain_document("a.example", SigningKey.generate().public).to_json()
    return made.replace(b"did:web:a.example", did.encode())


def resolver(scene: Scene, site: Site, **changes: object) -> DidResolver:
    return DidResolver(scene, web(site, **changes), scene.settings, scene.clock)


async def test_a_document_is_fetched_over_tls_once_while_it_is_fresh(tmp_path: Path) -> None:
    async with https_site(tmp_path) as site:
        scene, did = Scene(did_cache_s=60), f"did:web:localhost%3A{site.port}:u:eve"
        site.pages["/u/eve/did.json"] = Page(document(did))
        asked = resolver(scene, site)
        first = await asked.resolve(did)
        assert first.id == did
        assert await asked.resolve(did) is first
        assert site.hosts == [f"localhost:{site.port}"]
        scene.clock.now += 61
        assert await asked.resolve(did) == first
        assert len(site.hosts) == 2


async def test_a_document_that_cannot_be_had_is_fetched_once_for_all_who_want_it_and_later_again() -> None:
    scene, site = Scene(did_again_s=5), FakeWeb()
    asked, did = DidResolver(scene, site, scene.settings, scene.clock), "did:web:c.example"
    found = await asyncio.gather(*(asked.resolve(did) for _ in range(20)), return_exceptions=True)
    assert {type(error) for error in found} == {BadCredential}
    assert len(site.fetched) == 1
    scene.clock.now += 6
    with pytest.raises(BadCredential, match="404"):
        await asked.resolve(did)
    assert len(site.fetched) == 2


async def test_the_document_of_an_agent_of_ours_comes_from_the_registry() -> None:
    scene, page = Scene(), FakeWeb()
    alice = scene.a.party("alice").id
    found = await DidResolver(scene, page, scene.settings, scene.clock).resolve(alice.did)
    assert found == agent_document(await scene.card(alice))
    with pytest.raises(NotFound):
        await DidResolver(scene, page, scene.settings, scene.clock).resolve("did:web:a.example:agents:nobody")
    assert page.fetched == []


async def test_other_methods_are_not_resolved() -> None:
    scene = Scene()
    with pytest.raises(BadName):
        await DidResolver(scene, FakeWeb(), scene.settings, scene.clock).resolve("did:ion:abc")


def _with(**changes: object) -> Callable[[Page], Page]:
    return lambda page: Page(**({"body": page.body} | changes))  # type: ignore[arg-type]  # those of Page


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda page: Page(page.body.replace(b"localhost", b"elsewhere")), BadCredential),
        (_with(content_type="text/html"), BadCredential),
        (_with(status="302 Found", more="Location: https://localhost/\r\n"), BadCredential),
        (_with(status="404 Not Found"), BadCredential),
        (_with(status="503 Service Unavailable"), Unreachable),
        (_with(more="Content-Encoding: gzip\r\n"), BadCredential),
        (lambda page: Page(page.body + b" " * 70_000), BadCredential),
        (lambda page: Page(b"<html>"), BadCredential),
    ],
)
async def test_what_is_no_document_of_this_did_is_refused(
    tmp_path: Path, change: Callable[[Page], Page], error: type[Exception]
) -> None:
    async with https_site(tmp_path) as site:
        did = f"did:web:localhost%3A{site.port}"
        site.pages["/.well-known/did.json"] = change(Page(document(did)))
        with pytest.raises(error):
            await resolver(Scene(), site).resolve(did)


async def test_a_server_that_does_not_end_is_left_in_time(tmp_path: Path) -> None:
    async with https_site(tmp_path) as site:
        did = f"did:web:localhost%3A{site.port}"
        site.slow = True
        site.pages["/.well-known/did.json"] = Page(document(did))
        with pytest.raises(TimedOut):
            await resolver(Scene(), site, did_timeout_s=0.5).resolve(did)


async def test_a_server_that_proves_another_name_is_refused(tmp_path: Path) -> None:
    async with https_site(tmp_path, name="other.example") as site:
        with pytest.raises(Unreachable):
            await resolver(Scene(), site).resolve(f"did:web:localhost%3A{site.port}")
        assert site.hosts == []


async def test_a_server_of_an_unknown_ca_is_refused(tmp_path: Path) -> None:
    async with https_site(tmp_path) as site:
        with pytest.raises(Unreachable):
            await resolver(Scene(), site, did_ca_file="").resolve(f"did:web:localhost%3A{site.port}")
        assert site.hosts == []


async def test_this_machine_and_its_network_are_not_fetched_from(tmp_path: Path) -> None:
    async with https_site(tmp_path) as site:
        asked = resolver(Scene(), site, did_private_addresses=False)
        with pytest.raises(BadCredential, match="not public"):
            await asked.resolve(f"did:web:localhost%3A{site.port}")
        assert site.hosts == []


@pytest.mark.parametrize(
    ("text", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1111", True),
        ("127.0.0.1", False),
        ("10.0.0.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("224.0.0.1", False),
        ("::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("2002:7f00:1::", False),
        ("64:ff9b:1::7f00:1", False),
        ("::127.0.0.1", False),
        ("fec0::1", False),
        ("192.88.99.1", False),
        ("fe80::1", False),
        ("fd00::1", False),
    ],
)
def test_which_addresses_are_public(text: str, public: bool) -> None:
    assert is_public(ipaddress.ip_address(text)) is public


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://u@a.example/", "ftp://a.example/", "https:///x", "x"]
)
async def test_only_https_is_fetched(url: str) -> None:
    with pytest.raises(BadCredential):
        await HttpsWeb(Settings()).get(url, ("application/json",), 10)


def test_a_ca_file_that_is_missing_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match="did_ca_file"):
        HttpsWeb(Settings(did_ca_file=str(tmp_path / "none.pem")))
