"""A newcomer with a good join token at a live CA, asking for what the token is not for."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from dataclasses import replace

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from overlay.audit import AuditEntry
from overlay.ca.client import CaClient
from overlay.ca.protocol import Apply
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.party import Party
from overlay.errors import BadInput, OverlayError, Refused, Untrusted
from overlay.naming.ids import PartyId
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.attacks.stage import Stage
from tests.integration.people import fresh

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains


@asynccontextmanager
async def at_the_ca(newcomer: Party) -> AsyncIterator[CaClient]:
    async with Endpoint.open(newcomer) as endpoint:
        yield CaClient(endpoint)


async def test_a_newcomer_gets_no_certificate_but_the_one_its_token_is_for(stage: Stage) -> None:
    # CA-2
    name, victim = fresh("newcomer"), await stage.agent("victim")
    newcomer = await stage.newcomer(name)
    me, key = PartyId(name, stage.name), SigningKey.generate()
    attempts = {
        "another's name": Apply(victim.id.name, make_csr(key, victim.id)),
        "a name of the domain itself": Apply("operator", make_csr(key, PartyId("operator", stage.name))),
        "a name of another domain": Apply(f"{name}@elsewhere.example", make_csr(key, me)),
        "a CSR for another domain": Apply(name, _csr(key.private, f"{name}@elsewhere.example")),
        "a name that is a pattern": Apply("*", make_csr(key, me)),
        "a name in two lines": Apply(f"{name}\nca", make_csr(key, me)),
        "a CSR for somebody else": Apply(name, make_csr(key, victim.id)),
        "a weak key": Apply(name, _csr(ec.generate_private_key(ec.SECP224R1()), name)),
        "an RSA key": Apply(name, _csr(rsa.generate_private_key(65537, 2048), name)),
        "the public key of another": Apply(name, _with_key_of(victim, name)),
        "another's key and request": Apply(name, make_csr(victim.credentials.key, me)),
        "skills beyond the token": Apply(name, make_csr(key, me), ("network.admin",)),
        "no CSR at all": Apply(name, b"-----BEGIN"),
        "an endless CSR": Apply(name, b"A" * 300_000),
    }
    async with at_the_ca(newcomer) as ca:
        for what, attempt in attempts.items():
            assert await _refused(ca, attempt), what
        assert (await ca.apply(Apply(name, make_csr(key, me)))).public_key() == key.public
        with pytest.raises(Refused, match="token"):  # replayed
            await ca.apply(Apply(name, make_csr(SigningKey.generate(), me)))
    refused = [entry for entry in _audit(stage) if entry.who == str(newcomer.id) and entry.outcome != "done"]
    assert len(refused) >= 8, refused
    assert {entry.what for entry in refused} == {"apply"}


async def test_a_stolen_certificate_of_a_newcomer_opens_nothing_without_its_key(stage: Stage) -> None:
    newcomer = await stage.newcomer(fresh("newcomer"))
    stolen = stage.files(newcomer.credentials.certificate, SigningKey.generate())
    with pytest.raises((OverlayError, OSError)):
        async with at_the_ca(replace(newcomer, tls=stolen)):
            pytest.fail("it came in")


async def _refused(ca: CaClient, attempt: Apply) -> bool:
    try:
        await ca.apply(attempt)
    except (BadInput, Refused, Untrusted):
        return True
    return False


def _csr(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, name: str) -> bytes:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def _with_key_of(victim: Party, name: str) -> bytes:
    """A request that holds the victim's public key, signed by the attacker's."""
    mine = x509.load_pem_x509_csr(make_csr(SigningKey.generate(), PartyId(name, victim.id.domain)))
    ours, theirs = (
        key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        for key in (mine.public_key(), victim.credentials.key.public)
        if isinstance(key, ec.EllipticCurvePublicKey)
    )
    forged = mine.public_bytes(Encoding.DER).replace(ours, theirs)
    return x509.load_der_x509_csr(forged).public_bytes(Encoding.PEM)


def _audit(stage: Stage) -> list[AuditEntry]:
    with closing(sqlite3.connect(f"file:{stage.folder.ca_store}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT entry FROM audit ORDER BY number").fetchall()
    return [msgspec.msgpack.decode(entry, type=AuditEntry) for (entry,) in rows]
