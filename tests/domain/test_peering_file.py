"""The file with which domains federate: only a whole one, signed by the right gateway, counts (GW-3)."""

from __future__ import annotations

import base64
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.clock import system_clock
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.peering import add_peer, export_peering, read_peering_file, remove_peer, set_peer
from overlay.domain.peering_file import KIND, Peering, read_peering, write_peering
from overlay.endpoint.home import Home
from overlay.errors import BadInput, NotFound, OverlayError, Refused
from overlay.naming.ids import PartyId, link_name
from overlay.registry.peers.relation import Relation
from overlay.registry.peers.restanding import UNCHANGED, Restanding
from overlay.settings import Settings
from overlay.transport.address import BrokerKind
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import check_csr, make_csr
from overlay.trust.keys import SigningKey
from overlay.trust.signed import unverified_payload
from tests.live_domain import LiveDomain
from tests.memory_domain import MemoryDomain


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> DomainFolder:
    """A domain that is not up: its file needs no broker."""
    path = tmp_path_factory.mktemp("foreign") / "f"
    create_domain(path, Wish("foreign.example", BrokerKind.NATS))
    return DomainFolder.open(path)


def credentials_of(folder: DomainFolder, name: str) -> Credentials:
    return Home(folder.service(name)).load(Settings()).credentials


def peering_of(text: str) -> Peering:
    return msgspec.msgpack.decode(unverified_payload(KIND, unwrapped(text)), type=Peering)


def unwrapped(text: str) -> bytes:
    return base64.b64decode("".join(text.strip().splitlines()[1:-1]))


def wrapped(data: bytes) -> str:
    head, foot = "-----BEGIN OVERLAY PEERING-----", "-----END OVERLAY PEERING-----"
    return "\n".join((head, base64.b64encode(data).decode(), foot))


def issued_by(domain: str, key: EllipticCurvePublicKey, peer: str) -> bytes:
    """A link certificate for the key of `peer`'s gateway."""
    party = PartyId(link_name(peer), domain)
    issuer = MemoryDomain(domain).issuer
    certificate = issuer.issue(key, party, Role.LINK, 3600.0, system_clock(), peer=peer)
    return certificate.public_bytes(Encoding.PEM)


def test_a_whole_file_tells_who_it_is_from(foreign: DomainFolder) -> None:
    text, fingerprint = export_peering(foreign)
    opened = read_peering(text.replace("\n", "\r\n"), system_clock())  # as mail programs may make it
    assert (opened.peering.domain, opened.fingerprint) == ("foreign.example", fingerprint)


def test_every_changed_byte_is_noticed(foreign: DomainFolder) -> None:
    data = unwrapped(export_peering(foreign)[0])
    for at in range(0, len(data), len(data) // 60):
        changed = bytearray(data)
        changed[at] ^= 1
        with pytest.raises(OverlayError):
            read_peering(wrapped(bytes(changed)), system_clock())


@pytest.mark.parametrize("text", ["", "hello", "-----BEGIN OVERLAY PEERING-----\n!\n", "x" * 100_000])
def test_what_is_no_peering_file_is_said_so(text: str) -> None:
    with pytest.raises(BadInput, match="no peering file"):
        read_peering(text, system_clock())


def test_a_file_with_the_root_of_another_domain_is_refused(foreign: DomainFolder) -> None:
    mine = peering_of(export_peering(foreign)[0])
    forged = msgspec.structs.replace(mine, bundle=MemoryDomain("other.example").bundle.to_bytes())
    with pytest.raises(BadInput, match=r"holds the root of other\.example"):
        read_peering(write_peering(forged, credentials_of(foreign, "gw")), system_clock())


def test_a_file_for_a_domain_that_the_signer_is_not_of_is_refused(foreign: DomainFolder) -> None:
    bank = MemoryDomain("bank.example")
    mine = peering_of(export_peering(foreign)[0])
    forged = msgspec.structs.replace(mine, domain="bank.example", bundle=bank.bundle.to_bytes())
    with pytest.raises(OverlayError):
        read_peering(write_peering(forged, credentials_of(foreign, "gw")), system_clock())


def test_a_file_that_the_gateway_did_not_sign_is_refused(foreign: DomainFolder) -> None:
    mine = peering_of(export_peering(foreign)[0])
    with pytest.raises(BadInput, match="not by the gateway"):
        read_peering(write_peering(mine, credentials_of(foreign, "operator")), system_clock())


async def test_our_own_file_and_an_answer_to_somebody_else_are_not_added(
    live: LiveDomain, foreign: DomainFolder
) -> None:
    own, _ = export_peering(live.folder)
    with pytest.raises(BadInput, match="itself"):
        await add_peer(live.folder, own)
    answer = msgspec.structs.replace(peering_of(export_peering(foreign)[0]), answers="other.example")
    with pytest.raises(BadInput, match=r"answers other\.example"):
        await add_peer(live.folder, write_peering(answer, credentials_of(foreign, "gw")))


async def test_an_answer_with_a_link_certificate_for_another_key_is_refused(
    live: LiveDomain, foreign: DomainFolder
) -> None:
    other = MemoryDomain("foreign.example").credentials("gw", Role.GATEWAY)
    answer = msgspec.structs.replace(
        peering_of(export_peering(foreign)[0]),
        answers=live.name,
        link=other.certificate_pem,
        csr=make_csr(SigningKey.generate(), credentials_of(foreign, "gw").party),
    )
    with pytest.raises(Refused, match="another key than ours"):
        await add_peer(live.folder, write_peering(answer, credentials_of(foreign, "gw")))
    assert not live.folder.link("foreign.example").exists()


async def test_adding_a_peer_again_says_so_and_removing_a_stranger_points_to_the_list(
    live: LiveDomain, foreign: DomainFolder
) -> None:
    text, _ = export_peering(foreign)
    try:
        added = [await add_peer(live.folder, text) for _ in range(2)]
    finally:
        await remove_peer(live.folder, "foreign.example")
    assert [one.was_peer for one in added] == [False, True]
    with pytest.raises(NotFound, match="`overlay peer list`"):
        await remove_peer(live.folder, "foreign.example")


async def test_adding_a_peer_again_keeps_what_it_is_to_us_but_for_what_is_said(  # GW-12
    live: LiveDomain, foreign: DomainFolder
) -> None:
    text, _ = export_peering(foreign)
    file = peering_of(text)
    link = issued_by("foreign.example", check_csr(peering_of(export_peering(live.folder)[0]).csr), live.name)
    answer = msgspec.structs.replace(file, answers=live.name, link=link)
    try:
        await add_peer(live.folder, text, standing=Restanding(Relation.CHILD, transit=True, rank=4))
        await add_peer(live.folder, write_peering(answer, credentials_of(foreign, "gw")))
        kept = await set_peer(live.folder, "foreign.example", UNCHANGED)
        assert kept.addresses == file.addresses
        assert (kept.relation, kept.transit, kept.rank) == (Relation.CHILD, True, 4)
        await add_peer(live.folder, text, standing=Restanding(transit=False))
        kept = await set_peer(live.folder, "foreign.example", UNCHANGED)
        assert (kept.relation, kept.transit, kept.rank) == (Relation.CHILD, False, 4)
    finally:
        await remove_peer(live.folder, "foreign.example")


def test_a_peering_file_that_is_not_there_is_said_so_in_few_words(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nofile cannot be read: No such file or directory$"):
        read_peering_file(tmp_path / "nofile")
