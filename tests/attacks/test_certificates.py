"""Who comes to the broker's TLS without a certificate of its own domain's CA that is good now."""

from __future__ import annotations

import asyncio
import socket
import ssl
import time
from dataclasses import replace

import pytest
from cryptography import x509

from overlay.naming.ids import PartyId
from overlay.transport.address import BrokerKind, TlsFiles
from overlay.trust.identity import Role
from overlay.trust.keys import SigningKey
from tests.attacks.conftest import Stages
from tests.attacks.stage import Stage
from tests.forgery import DAY_S, CleanRoom, Template
from tests.integration.people import LIMIT_S, fresh

pytestmark = pytest.mark.timeout(400)  # whichever comes first starts the domains

_AMQP = b"AMQP\x00\x00\x09\x01"
_NATS = b'CONNECT {"verbose":false,"pedantic":false,"tls_required":true}\r\nPING\r\n'
_WORD_IN_LOG = {
    BrokerKind.NATS: "unknown authority",
    BrokerKind.RABBITMQ: "Unknown CA",
}


def lets_in(stage: Stage, files: TlsFiles | None) -> bool:
    """Whether the broker says, after TLS, what it says to those it knows. By sockets only; blocks."""
    context = ssl.create_default_context(cafile=str(stage.folder.root_certificate))
    if files is not None:
        context.load_cert_chain(files.certificate, files.key)
    try:
        with socket.create_connection(("127.0.0.1", stage.port), timeout=LIMIT_S) as plain:
            if stage.kind is BrokerKind.NATS:
                assert plain.recv(65536).startswith(b"INFO ")
            with context.wrap_socket(plain, server_hostname="localhost") as sealed:
                sealed.sendall(_NATS if stage.kind is BrokerKind.NATS else _AMQP)
                said = sealed.recv(65536)
                if said.startswith(b"INFO "):  # once more, inside
                    said = sealed.recv(65536)
                return said.startswith(b"PONG") or b"EXTERNAL" in said
    except (ssl.SSLError, ConnectionError):
        return False


async def test_only_certificates_of_the_domains_own_ca_get_through_tls(
    stage: Stage, stages: Stages
) -> None:  # GW-17
    alice, now = await stage.agent("alice"), time.time()
    assert alice.tls is not None
    assert await asyncio.to_thread(lets_in, stage, alice.tls)
    [other] = [other for kind, other in stages.items() if kind is not stage.kind]
    peer_alice = await other.agent("alice")
    key = SigningKey.generate()
    stolen = alice.credentials.certificate
    foreign = _template(CleanRoom(stage.name, now), alice.id, key)  # another CA that calls itself ours
    impostors = {
        "a foreign CA": foreign.sign(),
        "a foreign CA that names ours": foreign.changed(issuer=stolen.issuer),
        "a pinned peer's CA, for our alice": _template(other.ca(now), alice.id, key).sign(),
        "an agent of ours as a CA": _signed_by(stage, alice.credentials.key, alice.id, key),
        "its own key": _signed_by(stage, key, alice.id, key),
    }
    tried = {what: stage.files(certificate, key) for what, certificate in impostors.items()}
    tried["the chain over an agent of ours"] = stage.files(
        _signed_by(stage, alice.credentials.key, alice.id, key, stolen.subject), key, stolen
    )
    assert peer_alice.tls is not None
    tried["a pinned peer's own agent"] = replace(peer_alice.tls, ca=stage.folder.root_certificate)
    for what, files in tried.items():
        assert not await asyncio.to_thread(lets_in, stage, files), what
    assert not await asyncio.to_thread(lets_in, stage, None)
    await stage.recorded(_WORD_IN_LOG[stage.kind])


async def test_an_expired_certificate_is_turned_away(stage: Stage) -> None:
    now, key, party = time.time(), SigningKey.generate(), PartyId(fresh("late"), stage.name)
    files = stage.files(
        _template(stage.ca(now), party, key).changed(begin=now - 2 * DAY_S, end=now - DAY_S), key
    )
    assert not await asyncio.to_thread(lets_in, stage, files)
    await stage.recorded("expired" if stage.kind is BrokerKind.NATS else "Certificate Expired")


def _template(room: CleanRoom, party: PartyId, key: SigningKey) -> Template:
    return replace(room.template(party, Role.AGENT), key=key.public)


def _signed_by(
    stage: Stage, signer: SigningKey, party: PartyId, key: SigningKey, issuer: x509.Name | None = None
) -> x509.Certificate:
    """By a key that is no CA's; in the name of the domain's own root, or of `issuer`."""
    room = stage.ca(time.time())
    room.root_key = signer
    return replace(_template(room, party, key), issuer=issuer).sign()
