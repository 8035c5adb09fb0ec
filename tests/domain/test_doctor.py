"""What the doctor says: each thing that is wrong once, and nothing that is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.brokers.ports import free_port
from overlay.domain.create import Wish, create_domain
from overlay.domain.doctor import examine_domain
from overlay.domain.finding import Finding
from overlay.domain.folder import DomainFolder
from overlay.domain.part import make_part
from overlay.domain.services import serve_part
from overlay.domain.status import domain_status
from overlay.errors import Refused
from overlay.transport.address import BrokerKind


@pytest.fixture
def folder(tmp_path: Path) -> DomainFolder:
    """A domain on somebody else's broker, which is not there."""
    url = f"tls://localhost:{free_port()}"
    create_domain(tmp_path / "a", Wish("a.example", BrokerKind.NATS, broker_url=url))
    return DomainFolder.open(tmp_path / "a")


async def wrong(folder: DomainFolder) -> list[Finding]:
    return [finding for finding in await examine_domain(folder) if not finding.well]


async def test_a_wrong_setting_is_one_finding(folder: DomainFolder) -> None:
    folder.settings.write_text("asq_timeout_s = 5\n")
    (finding,) = await wrong(folder)
    assert (finding.what, "did you mean ask_timeout_s?" in finding.said) == ("settings", True)


async def test_key_files_that_others_may_read_are_one_finding(folder: DomainFolder) -> None:
    for name in ("ca", "gw"):
        (folder.service(name) / "key.pem").chmod(0o644)
    (finding,) = await wrong(folder)
    assert finding.what == "key files"
    assert "services/gw/key.pem" in finding.said


async def test_a_damaged_certificate_is_found(folder: DomainFolder) -> None:
    (folder.service("gw") / "certificate.pem").write_bytes(b"nothing")
    (finding,) = await wrong(folder)
    assert (finding.what, "make the domain anew" in finding.advice) == ("certificate of gw", True)


async def test_a_broker_of_somebody_else_is_not_called_up_while_nothing_answers(folder: DomainFolder) -> None:
    broker, *others = (await domain_status(folder)).parts
    assert (broker.name, broker.known, broker.well) == ("broker", False, False)
    assert [(part.name, part.well) for part in others] == [
        ("ca", False),
        ("registry", False),
        ("admission", False),
        ("gateway", False),
    ]


async def test_an_operators_part_is_not_told_to_bring_the_domain_up(
    folder: DomainFolder, tmp_path: Path
) -> None:
    make_part(folder, "operator", tmp_path / "operator")
    found = await wrong(DomainFolder.open(tmp_path / "operator"))
    assert {finding.what for finding in found} == {"broker", "ca", "registry"}
    assert all("overlay up" not in finding.said + finding.advice for finding in found)


async def test_a_part_in_another_folder_is_not_served(folder: DomainFolder, tmp_path: Path) -> None:
    make_part(folder, "ca", tmp_path / "ca")
    with pytest.raises(Refused, match="one part of a domain, its ca, and no gateway"):
        await serve_part("gateway", DomainFolder.open(tmp_path / "ca"), lambda: None)
