"""The CA's decisions on credentials: who gets one, and when it ends (CA-9). No I/O but its store."""

from __future__ import annotations

import re
import secrets
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from overlay.ca.credentials.protocol import (
    AskCredentials,
    CredentialIssued,
    CredentialsListed,
    Holdings,
    IssueCredential,
    IssuedCredential,
)
from overlay.ca.store import CaStore
from overlay.clock import DAY_S, Clock
from overlay.credentials.credential import Credential, StatusEntry, check_type, make_payload
from overlay.credentials.did import did_of_domain
from overlay.credentials.signing import sign_as_ca
from overlay.credentials.status_list import LENGTH, make_status_payload
from overlay.errors import BadInput, NotFound, OverlayError, Overloaded, Refused
from overlay.naming.ids import PartyId
from overlay.settings import Settings
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role

_MAX_INTEGER = (1 << 63) - 1
_CLAIM = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}\Z")
_MAX_CLAIMS, _MAX_VALUE = 32, 400
_NOT_CLAIMS = ("id", "type")
_TICK_S = 0.001
"""To which times in credentials are written."""


class CredentialOffice:
    """Decides, signs, remembers and audits. `signer`: the credentials of the CA service as they are now."""

    def __init__(
        self, store: CaStore, signer: Callable[[], Credentials], settings: Settings, clock: Clock
    ) -> None:
        self._store = store
        self._table = store.credentials
        self._signer = signer
        self._settings = settings
        self._clock = clock
        self.domain = signer().party.domain
        self._did = did_of_domain(self.domain)
        self.status_url = f"https://{self.domain}/credentials/status"
        self._made = 0.0
        self._listed: tuple[frozenset[int], Credentials, str] | None = None

    def issue(self, by: PartyId, ask: IssueCredential) -> CredentialIssued:
        """Vouch for an agent of ours. Raises BadInput, Refused, Overloaded."""
        with self._audited(by, "credential issue", f"{ask.type} {ask.name}"):
            check_type(ask.type)
            check_claims(ask.claims)
            now = self._clock()
            item = IssuedCredential(
                number=0,
                id=uuid.uuid4().urn,
                name=self._agent(ask.name, now),
                type=ask.type,
                claims=ask.claims,
                issued_at=now,
                valid_until=now + self._lifetime_s(ask.days),
            )
            place = self._place(now)
            with self._store.change():
                self._table.add(item, place)
                self._store.audit.record(str(by), f"credential issue {ask.type}", f"{item.name} {item.id}")
        return CredentialIssued(item.id, self._sign(item, place))

    def revoke(self, by: PartyId, credential_id: str) -> IssuedCredential:
        """Take one back; twice does nothing more. Raises NotFound."""
        with self._audited(by, "credential revoke", credential_id):
            if self._table.get(credential_id) is None:
                raise NotFound(f"credential: this CA issued none with the ID {credential_id[:80]!r}")
            with self._store.change():
                self._table.revoke(credential_id, self._clock())
                self._store.audit.record(str(by), "credential revoke", credential_id)
        found = self._table.get(credential_id)
        assert found is not None
        return found

    def page(self, by: PartyId, ask: AskCredentials) -> CredentialsListed:
        """Credentials, oldest first."""
        items = self._table.page(ask.name, min(ask.after, _MAX_INTEGER), self._settings.ca_page)
        self._store.audit.note(str(by), "credential list", ask.name)
        more = len(items) == self._settings.ca_page
        return CredentialsListed(tuple(items), items[-1].number if more else 0)

    def held_by(self, holder: PartyId) -> Holdings:
        """What an agent has of us, signed with the key that we have now."""
        good = self._table.good_of(holder.name, self._clock(), self._settings.credentials_held)
        return Holdings(tuple(self._sign(item, place) for item, place in good), self.status())

    def status(self) -> str:
        """The list of those that ended, good for `Settings.credential_status_s`: a new one is made when
        something changed, and when half of that time is over.
        """
        now, signer = self._clock(), self._signer()
        ended = self._table.ended_places(now)
        if self._listed is not None:
            before, by, text = self._listed
            if (before, by) == (ended, signer) and now < self._made + self._settings.credential_status_s / 2:
                return text
        self._made = max(now, self._made + _TICK_S)
        until = self._made + self._settings.credential_status_s
        payload = make_status_payload(self.status_url, self._did, ended, self._made, until)
        text = sign_as_ca(payload, signer)
        self._listed = (ended, signer, text)
        return text

    def _sign(self, item: IssuedCredential, place: int) -> str:
        subject = PartyId(item.name, self.domain).did
        said = Credential(item.type, self._did, subject, item.claims, item.valid_until, item.id)
        payload = make_payload(said, item.issued_at, StatusEntry(self.status_url, place))
        return sign_as_ca(payload, self._signer())

    def _agent(self, name: str, now: float) -> str:
        found = self._store.valid_of(name, now)
        if not any(item.identity.role is Role.AGENT for item in found):
            raise Refused(f"subject: {name!r} is no agent of {self.domain} with a valid certificate")
        return name

    def _lifetime_s(self, days: float) -> float:
        most = self._settings.credential_days
        if not 0 <= days <= most:
            raise BadInput(f"validity: up to {most:g} days (credential_days), not {days:g}")
        return (days or most) * DAY_S

    def _place(self, now: float) -> int:
        """One that nobody has, by chance: places tell nothing of who came when."""
        taken = self._table.places(now - DAY_S)
        if len(taken) > LENGTH // 2:
            raise Overloaded(f"there are {len(taken)} credentials: let some expire first")
        while (place := secrets.randbelow(LENGTH)) in taken:
            pass
        return place

    @contextmanager
    def _audited(self, who: PartyId, what: str, about: str) -> Iterator[None]:
        try:
            yield
        except OverlayError as error:
            self._store.audit.record(str(who), what, about, f"{error.reason}: {error}")
            raise


def check_claims(claims: Mapping[str, str]) -> None:
    """Raises BadInput."""
    if len(claims) > _MAX_CLAIMS:
        raise BadInput(f"claims: up to {_MAX_CLAIMS}, not {len(claims)}")
    for name, value in claims.items():
        if not _CLAIM.match(name) or name in _NOT_CLAIMS:
            raise BadInput(f"claims: {name[:80]!r} is no name of a claim: use letters, digits, '-' or '_'")
        if len(value) > _MAX_VALUE or not value.isprintable():
            raise BadInput(f"claims: the value of {name!r} is one line of up to {_MAX_VALUE} characters")
