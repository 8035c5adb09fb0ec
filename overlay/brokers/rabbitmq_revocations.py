"""The certificates that a RabbitMQ node turns away by their serial number, whatever name they bear."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from cryptography import x509

from overlay.brokers.rabbitmq_folder import RabbitFolder
from overlay.clock import Clock, system_clock
from overlay.trust.keys import SigningKey
from overlay.trust.revocation_list import (
    RevokedEntry,
    hashed_name,
    make_revocation_list,
    read_revocation_list,
)

Denied = Callable[[], Iterable[int]]
"""The serial numbers of all certificates that are revoked and have not expired."""


class RabbitRevocations:
    """The revocation list in the node's folder, which the node reads at each handshake. One process writes
    it: the CA's, which holds the key of its root. With `denied` the list holds those and no others, so that
    what has expired leaves it; without, it only grows.
    """

    def __init__(
        self,
        folder: RabbitFolder,
        root: x509.Certificate,
        key: SigningKey,
        denied: Denied | None = None,
        clock: Clock = system_clock,
    ) -> None:
        self._account = folder.account
        self._file = folder.revoked / f"{hashed_name(root)}.r0"
        self._root = root
        self._key = key
        self._denied = denied
        self._clock = clock

    def deny(self, serial: int) -> None:
        """From now on the node takes no new connection with this certificate. Idempotent.

        Raises BadCertificate or BadSettings when the list cannot be read or written.
        """
        known, number = self._read()
        if serial not in known:
            wanted = known if self._denied is None else set(self._denied())
            self._write(wanted | {serial}, number + 1)

    def _read(self) -> tuple[set[int], int]:
        """What is on it, and its number."""
        if not self._file.exists():
            return set(), 0
        found = read_revocation_list(self._file.read_bytes(), self._root)
        numbers = [one.value.crl_number for one in found.extensions if isinstance(one.value, x509.CRLNumber)]
        return {entry.serial_number for entry in found}, max(numbers, default=0)

    def _write(self, serials: set[int], number: int) -> None:
        now = self._clock()
        pem = make_revocation_list(
            self._root,
            self._key,
            [RevokedEntry(serial, now) for serial in serials],
            number=number,
            now=now,
            until=self._root.not_valid_after_utc.timestamp(),  # the node would turn everybody away after it
        )
        self._account.write(self._file, pem)
