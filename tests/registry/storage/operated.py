"""A nats-server whose operator lets users in by signed tokens (`.creds`): decentralised auth of nats."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import os
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import nkeys

from overlay.brokers.ports import free_port
from overlay.private_files import write_private
from overlay.trust.identity import Role
from tests.brokers.certificates import Ca
from tests.registry.storage.subject import LIMIT_S

_PROGRAM = Path(sys.executable).parent / "nats-server"
_LIMITS = dict.fromkeys(("subs", "data", "payload", "imports", "exports", "conn", "leaf"), -1)
_STORE = dict.fromkeys(("mem_storage", "disk_storage", "streams", "consumer"), -1)


class Nkey:
    """A key pair of nats."""

    def __init__(self, prefix: int) -> None:
        self.seed = bytes(nkeys.encode_seed(os.urandom(32), prefix))
        self._pair = nkeys.from_seed(bytearray(self.seed))
        self.public = bytes(self._pair.public_key).decode()

    def token(self, about: Nkey, name: str, kind: str, **claims: object) -> str:
        """What this key says of another one."""
        body = {"iat": int(time.time()), "iss": self.public, "name": name, "sub": about.public}
        body |= {"nats": {"type": kind, "version": 2, **claims}}
        body["jti"] = hashlib.sha256(json.dumps(body).encode()).hexdigest()
        signed = f"{_part({'typ': 'JWT', 'alg': 'ed25519-nkey'})}.{_part(body)}"
        return f"{signed}.{_text(self._pair.sign(signed.encode()))}"


@dataclass(frozen=True)
class Operated:
    """The server, and what its operator hands out."""

    url: str
    ca: Path
    credentials: bytes


@asynccontextmanager
async def operated_server(folder: Path) -> AsyncIterator[Operated]:
    """Up, with one account that may store, and one user in it."""
    operator, account = Nkey(nkeys.PREFIX_BYTE_OPERATOR), Nkey(nkeys.PREFIX_BYTE_ACCOUNT)
    system, user = Nkey(nkeys.PREFIX_BYTE_ACCOUNT), Nkey(nkeys.PREFIX_BYTE_USER)
    tls, port = Ca(folder / "ca").issue("broker", Role.BROKER), free_port()
    limits = {**_LIMITS, "wildcards": True}
    file = folder / "operated.conf"
    file.write_text(f"""
        listen: "localhost:{port}"
        operator: {operator.token(operator, "operator", "operator")}
        system_account: {system.public}
        resolver: MEMORY
        resolver_preload: {{
            {account.public}: {operator.token(account, "registries", "account", limits={**limits, **_STORE})}
            {system.public}: {operator.token(system, "system", "account", limits=limits)}
        }}
        jetstream {{ store_dir: "{folder}/jetstream" }}
        tls {{ cert_file: "{tls.certificate}", key_file: "{tls.key}" }}
    """)
    handed = account.token(user, "registry", "user", subs=-1, data=-1, payload=-1)
    credentials = (
        f"-----BEGIN NATS USER JWT-----\n{handed}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user.seed.decode()}\n------END USER NKEY SEED------\n"
    )
    with (folder / "operated.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(_PROGRAM, "-c", file, stdout=log, stderr=log)
    try:
        await _listening(port)
        yield Operated(f"tls://localhost:{port}", tls.ca, credentials.encode())
    finally:
        process.terminate()
        await process.wait()


def hand_out(server: Operated, folder: Path) -> str:
    """The credentials as a file in this folder; its name."""
    write_private(folder / "bucket.creds", server.credentials)
    return "bucket.creds"


async def _listening(port: int) -> None:
    async with asyncio.timeout(LIMIT_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("localhost", port)
            except OSError:
                await asyncio.sleep(0.05)
            else:
                writer.close()
                await writer.wait_closed()
                return


def _part(value: object) -> str:
    return _text(json.dumps(value).encode())


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
