"""Ending a federation (GW-6)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest

from overlay.ca.protocol import Reason
from overlay.domain import peering
from overlay.domain.folder import DomainFolder
from overlay.errors import NotFound, Unreachable
from overlay.naming.ids import link_name


class Hand:
    """CA and registry of a domain whose registry fails for a while."""

    def __init__(self, failures: int) -> None:
        self.did: list[str] = []
        self._known = {"b.example"}
        self._failures = failures
        self.ca = SimpleNamespace(revoke=self._revoke)
        self.peers = SimpleNamespace(remove=self._remove)

    async def _revoke(self, reason: Reason, *, name: str) -> None:
        self.did.append(f"revoke {name} {reason}")

    async def _remove(self, domain: str) -> None:
        if self._failures:
            self._failures -= 1
            raise Unreachable("the registry is away")
        if domain not in self._known:
            raise NotFound(domain)
        self._known.remove(domain)
        self.did.append(f"forget {domain}")


async def test_what_failed_halfway_is_done_again_and_access_ends_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = Hand(failures=1)

    @asynccontextmanager
    async def operator(_: DomainFolder) -> AsyncIterator[Hand]:
        yield hand

    monkeypatch.setattr(peering, "operator", operator)
    folder = DomainFolder(tmp_path)
    folder.link("b.example").mkdir(parents=True)
    (folder.link("b.example") / "link.pem").write_text("certificate")
    with pytest.raises(Unreachable):
        await peering.remove_peer(folder, "b.example")
    assert hand.did == [f"revoke {link_name('b.example')} withdrawn"]
    assert not (folder.link("b.example") / "link.pem").exists()
    await peering.remove_peer(folder, "b.example")
    assert hand.did[-1] == "forget b.example"
    with pytest.raises(NotFound, match="overlay peer list"):
        await peering.remove_peer(folder, "b.example")
