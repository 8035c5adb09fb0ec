"""The credentials that an agent holds, in its home."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from pathlib import Path

from overlay.clock import Clock, system_clock
from overlay.credentials.credential import Claimed, Credential, parse_payload
from overlay.credentials.did import did_of_domain
from overlay.credentials.jose import read_compact
from overlay.credentials.presentation import join_presentation
from overlay.credentials.status_list import MAX_STATUS_BYTES, parse_status_payload
from overlay.errors import BadCredential, BadSettings, NotFound, Refused
from overlay.naming.ids import PartyId
from overlay.private_files import private_folder, read_private, write_private
from overlay.settings import Settings

FOLDER = "credentials"
_JWT, _STATUS = ".jwt", ".status"


class Wallet:
    """The folder `credentials/` of an agent's home: `Wallet(home / FOLDER, settings)`; for its owner only.

    What is in it proves nothing to its holder: verifiers check it.
    """

    def __init__(self, folder: Path, settings: Settings, clock: Clock = system_clock) -> None:
        self._folder = folder
        self._settings = settings
        self._clock = clock

    def of_types(self, types: Collection[str]) -> list[str]:
        """What to present where one of these types is wanted: compact texts for `CredentialVerifier.verify`,
        one for each credential held that is of one of these types and not expired. Empty when none is.

        Raises BadSettings when the folder or a file may be read by others.
        """
        return [
            join_presentation(text, self._status(claimed))
            for text, claimed in self._read()
            if claimed.credential.type in types and claimed.credential.valid_until > self._clock()
        ]

    def held(self) -> list[Credential]:
        """What is held, by its type; expired ones too. Raises BadSettings."""
        return sorted((claimed.credential for _, claimed in self._read()), key=lambda one: (one.type, one.id))

    def add(self, jwt: str, holder: PartyId) -> Credential:
        """Keep a credential of `holder`, whose wallet this is. Another of the same ID is replaced.

        Raises BadCredential, Refused when it is somebody else's or has ended, or the wallet is full;
        BadSettings.
        """
        said = parse_payload(read_compact(jwt, self._settings.credential_bytes).payload).credential
        if said.valid_until <= self._clock():
            raise Refused(f"this credential has ended: ask {said.issuer} for a new one")
        return self._keep(jwt, holder)

    def _keep(self, jwt: str, holder: PartyId) -> Credential:
        claimed = parse_payload(read_compact(jwt, self._settings.credential_bytes).payload)
        said = claimed.credential
        if said.subject != holder.did:
            raise Refused(f"this credential is of {said.subject}: {holder} cannot use it")
        file = self._file(said, _JWT)
        if not file.exists() and len(self.held()) >= self._settings.credentials_held:
            raise Refused(f"{self._folder} is full (credentials_held): remove one first")
        write_private(file, jwt.encode())
        return said

    def remove(self, credential_id: str) -> None:
        """Raises NotFound, BadSettings."""
        for _, claimed in self._read():
            if claimed.credential.id == credential_id:
                self._file(claimed.credential, _JWT).unlink(missing_ok=True)
                return
        raise NotFound(f"there is no credential {credential_id!r} in {self._folder}")

    def take_over(self, holder: PartyId, jwts: Collection[str], status: str) -> None:
        """What the CA of our domain says now: the credentials that it gave us, and its newest list of revoked
        ones, to be shown along. Those that it does not name any more go. Raises BadCredential, BadSettings.
        """
        listed = parse_status_payload(read_compact(status, MAX_STATUS_BYTES).payload)
        if jwts:  # first: a credential that is here is shown with its list
            write_private(self._at(listed.issuer, listed.url, _STATUS), status.encode())
        kept = {self._keep(jwt, holder).id for jwt in jwts}
        for said in self.held():
            if said.issuer == did_of_domain(holder.domain) and said.id not in kept:
                self._file(said, _JWT).unlink(missing_ok=True)

    def _read(self) -> Iterator[tuple[str, Claimed]]:
        if not self._folder.exists():
            return
        for file in sorted(private_folder(self._folder).glob("*" + _JWT)):
            try:
                text = read_private(file).decode(errors="replace")
            except BadSettings:
                if file.exists():
                    raise
                continue  # another process of the agent removed it just now
            try:
                yield text, parse_payload(read_compact(text, self._settings.credential_bytes).payload)
            except BadCredential as error:
                raise BadCredential(f"{file}: {error}. Remove the file") from error

    def _status(self, claimed: Claimed) -> str:
        if claimed.status is None:
            return ""
        file = self._at(claimed.credential.issuer, claimed.status.url, _STATUS)
        return read_private(file).decode() if file.exists() else ""

    def _file(self, said: Credential, ending: str) -> Path:
        return self._at(said.issuer, said.id, ending)

    def _at(self, issuer: str, name: str, ending: str) -> Path:
        digest = hashlib.sha256(f"{issuer}\n{name}".encode()).hexdigest()
        return private_folder(self._folder) / f"{digest[:32]}{ending}"
