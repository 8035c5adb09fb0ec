"""The roots of a domain and their keys in the CA's folder: `root.pem`, the issuing one first, and `*.key`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding

from overlay.domain.folder import DomainFolder
from overlay.errors import BadCertificate, BadInput, BadSettings
from overlay.private_files import check_private, read_private, write_private
from overlay.trust import profile
from overlay.trust.credentials import roots_from_pem
from overlay.trust.issuing import Issuer
from overlay.trust.keys import SigningKey
from overlay.trust.revocation_list import hashed_name


class RootFiles:
    """`root.pem` says which roots there are; a key belongs to the root whose public key it has."""

    def __init__(self, folder: DomainFolder) -> None:
        self._certificates = folder.root_certificate
        self._folder = folder.root_key.parent

    def load(self) -> tuple[Issuer, ...]:
        """The first one issues. Raises BadSettings."""
        check_private(self._folder)
        try:
            roots = roots_from_pem(self._certificates.read_bytes())
            keys = [key for _, key in self._keys()]
            issuers = tuple(
                Issuer(root, key)
                for root in roots
                for key in keys
                if key.public == profile.public_key_of(root)
            )
        except (OSError, BadInput, BadCertificate) as error:
            raise BadSettings(f"{self._folder} holds no usable root: {error}") from error
        if not roots or len(issuers) != len(roots):
            raise BadSettings(f"{self._folder} holds no key of a root in {self._certificates.name}")
        return issuers

    def save(self, issuers: Sequence[Issuer]) -> None:
        """These and no others. `root.pem` changes in one step, when all their keys are there."""
        there = [issuer.key.public for issuer in self.load()]
        for issuer in issuers:
            if issuer.key.public not in there:
                file = self._folder / f"root-{hashed_name(issuer.root)}.key"
                write_private(file, issuer.key.to_pem())
        pem = b"".join(issuer.root.public_bytes(Encoding.PEM) for issuer in issuers)
        write_private(self._certificates, pem)
        wanted = [issuer.key.public for issuer in issuers]
        for file, key in list(self._keys()):
            if key.public not in wanted:
                file.unlink()

    def _keys(self) -> Iterator[tuple[Path, SigningKey]]:
        for file in sorted(self._folder.glob("*.key")):
            yield file, SigningKey.from_pem(read_private(file))
