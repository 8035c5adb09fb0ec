"""New keys for the parts of a domain that is down: with the root's key, in its folder."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from overlay.ca.protocol import Reason
from overlay.clock import system_clock
from overlay.domain.ca_process import open_authority
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.rekey import rekey
from overlay.endpoint.home import Home
from overlay.errors import BadInput
from overlay.naming.ids import CA, OPERATOR, REGISTRY
from overlay.private_files import read_private
from overlay.settings import Settings
from overlay.transport.address import BrokerKind
from overlay.trust.identity import BROKER
from overlay.trust.keycard import open_card
from overlay.trust.keys import SigningKey

SETTINGS = Settings()


@pytest.fixture
def folder(tmp_path: Path) -> DomainFolder:
    create_domain(tmp_path / "home", Wish("a.example", BrokerKind.NATS))
    return DomainFolder.open(tmp_path / "home")


async def test_the_ca_gets_another_key_which_everybody_in_the_folder_knows(folder: DomainFolder) -> None:
    old = Home(folder.service(CA)).load(SETTINGS)
    done = await rekey(folder, "ca", Reason.KEY_COMPROMISE)
    new = Home(folder.service(CA)).load(SETTINGS)
    assert done.ended == (f"{old.credentials.identity.serial:x}",)
    assert new.credentials.key.public != old.credentials.key.public
    assert new.credentials.sealing[0].key_id != old.credentials.sealing[0].key_id
    for name in (CA, REGISTRY, OPERATOR):
        card = Home(folder.service(name)).load(SETTINGS).domain_card
        shown = open_card(card.services[CA], new.trust_store(), system_clock())
        assert (shown.identity.serial, card.epoch > 1) == (new.credentials.identity.serial, True)


async def test_the_broker_gets_another_key_for_the_same_hosts(folder: DomainFolder) -> None:
    before = folder.broker_tls.key.read_bytes()
    done = await rekey(folder, "broker", Reason.KEY_COMPROMISE)
    with open_authority(folder, SETTINGS) as authority:
        (kept,) = authority.store.valid_of(BROKER, system_clock())
        old = authority.store.by_serial(done.ended[0])
    assert old is not None
    names = [
        one.parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName) for one in (kept, old)
    ]
    assert (kept.serial, names[0]) == (done.serial, names[1])
    assert folder.broker_tls.key.read_bytes() != before
    key = SigningKey.from_pem(read_private(folder.broker_tls.key))
    assert key.public == kept.parsed.public_key()


async def test_nobody_else_has_a_key_of_the_domains_own(folder: DomainFolder) -> None:
    for part in ("alice", "provisioner"):  # on NATS the provisioner has a password
        with pytest.raises(BadInput):
            await rekey(folder, part, Reason.KEY_COMPROMISE)
