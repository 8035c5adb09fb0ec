"""The list of certificates that a RabbitMQ node turns away: complete, and no longer than it must be."""

from __future__ import annotations

from pathlib import Path

from overlay.brokers.account import Account
from overlay.brokers.rabbitmq_folder import RabbitFolder
from overlay.brokers.rabbitmq_revocations import RabbitRevocations
from overlay.trust.issuing import new_root
from overlay.trust.revocation_list import hashed_name, read_revocation_list

NOW = 1_900_000_000.0


def test_what_has_expired_leaves_the_list_and_what_is_denied_stays(tmp_path: Path) -> None:
    root, key = new_root("a.example", 86400, NOW)
    folder = RabbitFolder(tmp_path / "broker", Account.for_servers())
    denied = {1, 2}
    list_ = RabbitRevocations(folder, root, key, lambda: denied, clock=lambda: NOW)

    def listed() -> set[int]:
        pem = (folder.revoked / f"{hashed_name(root)}.r0").read_bytes()
        return {entry.serial_number for entry in read_revocation_list(pem, root)}

    list_.deny(2)
    assert listed() == {1, 2}
    denied.remove(1)  # it has expired
    list_.deny(3)  # the CA's store may not say so yet
    assert listed() == {2, 3}
    list_.deny(3)
    RabbitRevocations(folder, root, key, clock=lambda: NOW).deny(4)  # who knows no more, takes nothing away
    assert listed() == {2, 3, 4}
