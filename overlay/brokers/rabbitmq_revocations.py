"""The certificates that a RabbitMQ node turns away by their serial number, whatever name they bear."""

from __future__ import annotations

from cryptography import x509

from overlay.brokers.rabbitmq_folder import RabbitFolder
from overlay.clock import Clock, system_clock
from overlay.trust.keys import SigningKey
from overlay.trust.revocation_list import hashed_name, make_revocation_list, read_revocation_list


class RabbitRevocations:
    """The revocation list in the node's folder, which the node reads at each handshake. One process writes
    it: the CA's, which holds the key of its root.
    """

    def __init__(
        self, folder: RabbitFolder, root: x509.Certificate, key: SigningKey, clock: Clock = system_clock
    ) -> None:
        self._account = folder.account
        self._file = folder.revoked / f"{hashed_name(root)}.r0"
        self._root = root
        self._key = key
        self._clock = clock

    def deny(self, serial: int) -> None:
        """From now on the node takes no new connection with this certificate. Idempotent.

        Raises BadCertificate or BadSettings when the list cannot be read or written.
        """
        known = (
            read_revocation_list(self._file.read_bytes(), self._root) if self._file.exists() else frozenset()
        )
        if serial not in known:
            pem = make_revocation_list(self._root, self._key, known | {serial}, self._clock())
            self._account.write(self._file, pem)
