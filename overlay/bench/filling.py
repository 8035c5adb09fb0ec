"""Fill the store of a registry that is not up yet with entries of made-up agents, all of them offline."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Sequence
from itertools import islice

from overlay.bench.made_up.agents import agents
from overlay.clock import system_clock
from overlay.discovery.contract import Said
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.registry_store import registry_store
from overlay.naming.ids import REGISTRY
from overlay.registry.record import Presence, Profile, Record, Skill
from overlay.registry.registration.book import record_key, written
from overlay.registry.storage.contract import WRITES_AT_ONCE, Entry, Write
from overlay.settings import load_settings

_CARD_BYTES = 1100
"""As a key card has, with its certificate."""


async def fill(folder: DomainFolder, count: int) -> int:
    """Returns how many bytes the records have together. Raises OverlayError."""
    return await keep(folder, _records(load_config(folder.config).domain, count))


async def keep(folder: DomainFolder, records: Iterator[Record]) -> int:
    """The same with these records."""
    store = registry_store(folder, load_settings(folder.settings), REGISTRY)
    size = 0
    try:
        await store.open(_nobody)
        while page := list(islice(records, WRITES_AT_ONCE)):
            writes = [Write(record_key(record.party), written(record)) for record in page]
            size += sum(len(write.value or b"") for write in writes)
            await store.commit(writes)
    finally:
        await store.close()
    return size


def profiles(count: int) -> Iterator[tuple[str, Profile]]:
    """Names, and what they say of themselves."""
    return ((name, _profile(said)) for name, said in agents(count))


def _records(domain: str, count: int) -> Iterator[Record]:
    now = system_clock()
    for name, profile in profiles(count):
        yield Record(
            party=f"{name}@{domain}",
            profile=profile,
            card=secrets.token_bytes(_CARD_BYTES),
            serial=secrets.token_hex(20),
            presence=Presence.OFFLINE,
            resource_id=secrets.token_hex(16),
            registered_at=now,
            changed_at=now,
            version=0,
        )


def _profile(said: Said) -> Profile:
    skills = tuple(Skill(skill.id, skill.name, skill.abstract) for skill in said.skills)
    return Profile(said.name, said.description, skills=skills, services=said.tags, languages=("en",))


def _nobody(_: Sequence[Entry]) -> None:
    """What is filled in needs no memory here."""
