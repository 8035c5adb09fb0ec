"""Backups of a domain's registry, taken while it runs, and put back while it does not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path

from overlay.clock import system_clock
from overlay.domain.bucket_reach import bucket_reach
from overlay.domain.child import SUPERVISOR, process_of
from overlay.domain.config import load_config
from overlay.domain.folder import DomainFolder
from overlay.domain.parts import registries
from overlay.domain.registry_content import Holding, bucket_holding, file_holding, read_store, write_store
from overlay.domain.registry_store import IN_A_FILE, check_registry
from overlay.errors import BadInput, Refused
from overlay.private_files import read_private, write_private
from overlay.registry.storage.backup import Backup, backup_from_bytes, backup_of, backup_to_bytes
from overlay.settings import Settings, load_settings


@dataclass(frozen=True, slots=True)
class Done:
    """What a backup holds, or what was restored."""

    domain: str
    taken_at: float
    keys: int
    audit_entries: int
    bytes: int
    log: str
    """Of the history that it was taken from; after a restore, of the new one."""

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        return asdict(self)


async def back_up(folder: DomainFolder, file: Path) -> Done:
    """Write all that the registry holds at this moment into `file`, which others may not read.

    Raises BadInput when the file is there already; BadSettings, Unavailable, Untrusted.
    """
    _check_free(file)
    config, settings = load_config(folder.config), load_settings(folder.settings)
    check_registry(config, settings)
    async with bucket_reach(folder, settings):
        snapshot = await read_store(folder, settings)
    backup = backup_of(snapshot, config.domain, system_clock())
    data = backup_to_bytes(backup)
    write_private(file, data)
    return _done(backup, len(data), snapshot.log)


async def restore(folder: DomainFolder, file: Path) -> Done:
    """Put what is in `file` in place of what the registry holds, as a new history: peers learn anew.

    Raises BadInput for what is no whole backup of this domain; Refused while the registry runs; BadSettings,
    Unavailable.
    """
    config, settings = load_config(folder.config), load_settings(folder.settings)
    check_registry(config, settings)
    data = read_private(file)
    backup = backup_from_bytes(data)
    if backup.domain != config.domain:
        raise BadInput(f"{file} is a backup of {backup.domain}, this domain is {config.domain}")
    _check_stopped(folder, settings)
    async with bucket_reach(folder, settings):
        log = await write_store(folder, settings, backup.snapshot)
    return _done(backup, len(data), log)


async def holding(folder: DomainFolder) -> Holding:
    """What the store holds, and who uses it. Raises BadSettings, Unavailable."""
    settings = load_settings(folder.settings)
    check_registry(load_config(folder.config), settings)
    if settings.registry_store == IN_A_FILE:
        return file_holding(folder)
    async with bucket_reach(folder, settings):
        return await bucket_holding(folder, settings)


def _done(backup: Backup, size: int, log: str) -> Done:
    kept = sum(entry.value is not None for entry in backup.entries)
    audited = sum(len(rows) for rows in backup.audits.values())
    return Done(backup.domain, backup.taken_at, kept, audited, size, log)


def _check_free(file: Path) -> None:
    if file.exists():
        raise BadInput(f"{file} is there already: name another one")


def _check_stopped(folder: DomainFolder, settings: Settings) -> None:
    running = [part for part in (SUPERVISOR, *registries(settings)) if process_of(folder, part).running()]
    if running:
        raise Refused(
            f"the registry of this domain runs: `overlay down --home {folder.path}` first, then this again"
        )
