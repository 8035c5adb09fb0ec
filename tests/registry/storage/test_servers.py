"""NATS servers of other people, with the bucket of a registry: how it is let in, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path

import nkeys
import pytest

from overlay.domain.create import Wish, create_domain
from overlay.domain.folder import DomainFolder
from overlay.domain.registry_content import bucket_holding
from overlay.domain.registry_store import registry_store
from overlay.errors import BadSettings, Unreachable
from overlay.naming.ids import REGISTRY
from overlay.registry.storage.contract import Note, Write
from overlay.registry.storage.nats_snapshot import opened_bucket
from overlay.settings import Settings
from overlay.transport.address import BrokerKind
from tests.registry.storage.operated import Nkey, hand_out, operated_server
from tests.registry.storage.subjects import BucketHistory


async def test_a_credentials_file_of_the_server_s_operator_lets_the_registry_in(tmp_path: Path) -> None:
    create_domain(tmp_path / "d", Wish("made.example", BrokerKind.NATS))
    folder = DomainFolder.open(tmp_path / "d")
    async with operated_server(tmp_path) as server:
        settings = Settings(
            registry_store="jetstream",
            registry_store_url=server.url,
            registry_store_ca=server.ca,
            registry_store_credentials=Path(hand_out(server, folder.path)),
        )
        store = registry_store(folder, settings, REGISTRY)
        await store.open(lambda _: None)
        await store.commit([Write("agent.a", b"1"), Write("agent.b", b"2")], [Note("bob", "register", "a")])
        assert (await bucket_holding(folder, settings)).keys == 2
        await store.close()

        foreign = re.sub(rb"(?m)^SU[A-Z2-7]{56}$", Nkey(nkeys.PREFIX_BYTE_USER).seed, server.credentials)
        (folder.path / "bucket.creds").write_bytes(foreign)
        with pytest.raises((Unreachable, BadSettings)):
            await registry_store(folder, settings, REGISTRY).open(lambda _: None)


async def test_a_bucket_that_takes_no_several_keys_at_once_is_refused_with_what_is_needed(
    bucket: BucketHistory,
) -> None:
    async with opened_bucket(bucket.server.access(), bucket.settings) as (made, _):
        config = {"name": made.stream, "subjects": [f"{made.everything}>"], "max_msgs_per_subject": 1}
        await made.api(f"STREAM.CREATE.{made.stream}", config)  # as a server before 2.12 makes it

        with pytest.raises(BadSettings, match=r"registry needs 2\.12 or newer"):
            await bucket.handle()

        await made.api(f"STREAM.DELETE.{made.stream}")
