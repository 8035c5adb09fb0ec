"""The live domains that are attacked, one on each broker, linked with each other."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.ca.applications.join_token import parse_token
from overlay.ca.protocol import MakeToken
from overlay.domain.config import load_config
from overlay.domain.federation import throwaway
from overlay.domain.folder import DomainFolder
from overlay.domain.operator import operator
from overlay.domain.residents import resident
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.private_files import private_folder, write_private
from overlay.transport.address import BrokerKind, TlsFiles
from overlay.trust.credentials import Credentials
from overlay.trust.keys import SealingKey, SigningKey
from tests.attacks.intruder import Intruder, intrude
from tests.forgery import CleanRoom
from tests.integration.people import LIMIT_S, SETTINGS, fresh

_LOOK_AGAIN_S = 0.05
_LOGS = {BrokerKind.NATS: "nats.log", BrokerKind.RABBITMQ: "log/rabbit.log"}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Stage:
    """One live domain: broker, CA, registry, gateway, each a process of its own."""

    kind: BrokerKind
    folder: DomainFolder
    drafts: Path

    @property
    def name(self) -> str:
        """The domain's."""
        return load_config(self.folder.config).domain

    @property
    def port(self) -> int:
        """Of its broker."""
        return load_config(self.folder.config).address.port

    async def agent(self, what: str = "mallory") -> Party:
        """A new member, as it is in its folder: what a thief of that folder has."""
        name = fresh(what)
        await resident(self.folder, name, ())
        return Home(self.folder.agent(name)).load(SETTINGS)

    def service(self, name: str) -> Party:
        """A service, the gateway or the operator: what a thief of its folder has."""
        return Home(self.folder.service(name)).load(SETTINGS)

    async def newcomer(self, name: str) -> Party:
        """The holder of a join token for `name`."""
        async with operator(self.folder) as hand:
            token = parse_token(await hand.ca.token(MakeToken(name)))
        card = DomainCard.from_bytes(token.domain_card)
        roots = tuple(x509.load_pem_x509_certificate(pem) for pem in card.roots)
        certificate, key = x509.load_der_x509_certificate(token.certificate), SigningKey.from_pem(token.key)
        credentials = Credentials(certificate, key, (SealingKey.generate(),), roots)
        return Party(credentials, card, SETTINGS, self.files(certificate, key))

    def files(self, certificate: x509.Certificate, key: SigningKey, *chain: x509.Certificate) -> TlsFiles:
        """To go to this broker with this certificate, whoever issued it, and the `chain` above it."""
        base = private_folder(self.drafts) / f"party-{next(_numbers)}"
        files = TlsFiles(self.folder.root_certificate, base.with_suffix(".pem"), base.with_suffix(".key"))
        shown = (certificate, *chain)
        write_private(files.certificate, b"".join(one.public_bytes(Encoding.PEM) for one in shown))
        write_private(files.key, key.to_pem())
        return files

    def ca(self, now: float) -> CleanRoom:
        """The key of its CA, to make what the CA itself would not: what a thief of the CA's folder has."""
        root = x509.load_pem_x509_certificate(self.folder.root_certificate.read_bytes())
        return CleanRoom(self.name, now, (root, SigningKey.from_pem(self.folder.root_key.read_bytes())))

    @asynccontextmanager
    async def intruder(self, party: Party) -> AsyncIterator[Intruder]:
        """At the broker with the certificate of `party`, and a client that keeps to no rules."""
        assert party.tls is not None
        async with intrude(self.kind, self.port, party.tls, party.id.name) as raw:
            yield raw

    @property
    def broker_log(self) -> Path:
        """Where the broker writes what it refused."""
        return self.folder.broker / _LOGS[self.kind]

    async def recorded(self, *texts: str) -> None:
        """Returns when the broker has written all of this into its log."""
        await logged(self.broker_log, *texts)


async def logged(file: Path, *texts: str) -> None:
    """Returns when all of this is in the file."""
    missing = list(texts)
    async with asyncio.timeout(LIMIT_S):
        while missing:
            said = await asyncio.to_thread(file.read_text, errors="replace")
            missing = [text for text in missing if text not in said]
            if missing:
                await asyncio.sleep(_LOOK_AGAIN_S)


@asynccontextmanager
async def both_stages(drafts: Path) -> AsyncIterator[dict[BrokerKind, Stage]]:
    """n.example on NATS and r.example on RabbitMQ; n's gateway dials r's broker."""
    kinds = (BrokerKind.NATS, BrokerKind.RABBITMQ)
    async with AsyncExitStack() as stack:
        with pytest.MonkeyPatch.context() as patch:  # for the processes that are started now
            patch.setenv("OVERLAY_SERVICE_START_TIMEOUT_S", "240")
            patch.setenv("OVERLAY_RABBITMQ_START_TIMEOUT_S", "240")
            patch.setenv("OVERLAY_ASK_TIMEOUT_S", str(LIMIT_S))
            patch.setenv("OVERLAY_GATEWAY_POLL_S", "0.2")
            patch.setenv("OVERLAY_GATEWAY_REPORT_S", "0.2")
            made = throwaway([(f"{kind}.example", kind) for kind in kinds])
            folders = await stack.enter_async_context(made)
        yield {kind: Stage(kind, folder, drafts / kind) for kind, folder in zip(kinds, folders, strict=True)}
