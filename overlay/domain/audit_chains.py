"""The audit logs of a domain's CA and registry: one chain each, or one for every process of the registry."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from overlay.audit import Row
from overlay.audit_file import audit_file
from overlay.domain.bucket_reach import bucket_reach
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.registry_content import read_audits, restored_audits
from overlay.domain.registry_store import IN_A_FILE, check_registry
from overlay.naming.ids import CA, REGISTRY
from overlay.registry.storage.audit_page import Chain
from overlay.settings import load_settings

Chains = Mapping[str, Chain]
"""By the name of who writes it."""


def ca_chains(folder: DomainFolder) -> Chains:
    """That of the CA. Reading it raises BadSettings."""
    return {CA: partial(_rows, folder.ca_store)}


async def registry_chains(folder: DomainFolder) -> Chains:
    """That of each process that ever wrote. A bucket is read now, as a whole; a file, which the domain's
    first process writes, when its chain is.

    Raises BadSettings, Unavailable; reading them, Untrusted.
    """
    config, settings = load_config(folder.config), load_settings(folder.settings)
    check_registry(config, settings)
    if settings.registry_store == IN_A_FILE:
        path = folder.registry_store
        return {REGISTRY: partial(_rows, path), **restored_audits(path)}
    async with bucket_reach(folder, settings):
        return {REGISTRY: _no_rows, **await read_audits(folder, settings)}


def _no_rows(_: int) -> Iterator[Row]:
    return iter(())


def _rows(path: Path, after: int) -> Iterator[Row]:
    with audit_file(path) as log:
        yield from log.rows(after)
