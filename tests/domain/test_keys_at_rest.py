"""Every file with a private key or a password is refused when others may read it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from overlay.agent.joining import Joining
from overlay.brokers.nats_secrets import load_or_make_secrets
from overlay.brokers.nats_server import NatsServer
from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.peering import export_peering
from overlay.domain.root_files import RootFiles
from overlay.endpoint.home import Home
from overlay.errors import BadSettings
from overlay.naming.ids import CA, GATEWAY
from overlay.private_files import private_folder
from overlay.settings import Settings
from overlay.transport.address import BrokerKind, TlsFiles
from overlay.transport.client_tls import client_tls


async def test_no_key_that_others_may_read_is_used(tmp_path: Path) -> None:  # issue 3: keys at rest
    create_domain(tmp_path / "d", Wish("a.example", BrokerKind.NATS))
    folder, settings = DomainFolder.open(tmp_path / "d"), Settings()
    home, server = Home(folder.service(CA)), folder.broker_tls
    joining = Joining(private_folder(folder.agent("alice")))
    joining.key()
    gateway = Home(folder.service(GATEWAY))
    load_or_make_secrets(folder.secrets)
    export_peering(folder)
    held = folder.agent("alice") / "joining.held"
    uses: dict[Path, Callable[[], object]] = {
        folder.root_key: lambda: RootFiles(folder).load(),
        home.key: lambda: home.load(settings),
        home.sealing: lambda: home.load(settings),
        gateway.key: lambda: client_tls(TlsFiles(gateway.roots, gateway.certificate, gateway.key)),
        folder.link_key: lambda: export_peering(folder),
        folder.secrets: lambda: load_or_make_secrets(folder.secrets),
        folder.agent("alice") / "joining.key": joining.key,
        held: joining.held,
    }
    held.write_bytes(b"{}")
    for file, use in uses.items():
        file.chmod(0o640)
        with pytest.raises(BadSettings, match=rf"{file.name} may be opened by other users"):
            use()
        file.chmod(0o600)
    server.key.chmod(0o604)
    with pytest.raises(BadSettings, match="key may be opened by other users"):
        await NatsServer(folder.broker, server, settings).start()
