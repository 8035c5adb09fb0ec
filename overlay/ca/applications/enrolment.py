"""How newcomers become agents: join tokens, and what is asked with them. No I/O but the CA's store."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca import checks
from overlay.ca.applications.admittance import admit
from overlay.ca.applications.held import Held
from overlay.ca.applications.requests import Requests
from overlay.ca.entries import Certificate, Decision, Request, Token
from overlay.ca.issuance import Issuance
from overlay.ca.protocol import Apply, MakeToken
from overlay.errors import Expired, NotFound, Overloaded, Refused
from overlay.naming.ids import PartyId, is_join, join_name
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import check_csr
from overlay.trust.keys import SigningKey
from overlay.trust.serials import serial_text


@dataclass(frozen=True, slots=True)
class Invitation:
    """A token that was made: its entry, its enrolment certificate, and the key that only its text holds."""

    token: Token
    certificate: Certificate
    key: SigningKey


class Enrolment:
    """Makes tokens and takes them."""

    def __init__(self, issuance: Issuance, requests: Requests) -> None:
        self._issuance = issuance
        self._requests = requests
        self._store = issuance.store

    def make_token(self, by: PartyId, ask: MakeToken) -> Invitation:
        """Let somebody become `ask.name`, once. Raises Refused, Overloaded."""
        with self._issuance.audited(by, "token", ask.name):
            checks.check_free_name(ask.name)
            checks.check_application(ask.terms)
            lifetime_s = self._token_lifetime_s(ask)
            if not ask.again:
                self._issuance.check_not_taken(ask.name)
            now = self._issuance.clock()
            if self._store.open_tokens(now) >= self._issuance.settings.join_tokens_open:
                raise Overloaded("too many join tokens are open (join_tokens_open): wait for some to end")
            return self._make(by, ask, lifetime_s)

    def _token_lifetime_s(self, ask: MakeToken) -> float:
        settings = self._issuance.settings
        lifetime_s = ask.lifetime_s or settings.join_token_s
        if not 0 < lifetime_s <= settings.join_token_max_s:
            raise Refused(
                f"lifetime: a token lasts up to {settings.join_token_max_s:.0f} s (join_token_max_s)"
            )
        return lifetime_s

    def _make(self, by: PartyId, ask: MakeToken, lifetime_s: float) -> Invitation:
        key, token_id = SigningKey.generate(), secrets.token_hex(12)
        holder = PartyId(join_name(token_id), self._issuance.domain)
        entry = self._issuance.sign(key.public, holder, Role.JOIN, lifetime_s=lifetime_s)
        token = Token(
            id=token_id,
            serial=entry.serial,
            name=ask.name,
            terms=ask.terms,
            again=ask.again,
            expires_at=entry.not_after,
        )
        with self._store.change():
            self._store.add_certificate(entry)
            self._store.add_token(token)
            self._store.audit.record(str(by), "token", ask.name)
        return Invitation(token, entry, key)

    def apply(self, asker: Identity, ask: Apply) -> Certificate:
        """The certificate for a newcomer; the same again if the answer was lost. Raises Refused, Expired,
        BadCertificate (the request), Unavailable (the policy is broken), Held: an administrator decides, ask
        again with the same key. The text begins with the check that failed (CA-2).
        """
        with self._issuance.audited(asker.party, "apply", ask.name):
            token = self._token_of(asker)
            public = self._key_of(ask, token)
            request = self._requests.of_token(token)
            if request is not None:  # it stands as it was first made
                self._requests.check_asked_before(request, public)
                found = self._approved(asker.party, token, request)
            elif token.spent_at is not None:
                found = self._issued_before(token.issued, public)
            else:
                found = self._decide(asker.party, ask, token, public)
        if isinstance(found, Certificate):
            return found
        raise Held(found.id, self._enrolment_of(found).der)

    def _token_of(self, asker: Identity) -> Token:
        if asker.role is not Role.JOIN or not is_join(asker.party.name):
            raise Refused(f"token: {asker.party} is no holder of a join token; agents renew instead")
        token = self._store.token(asker.party.name.removeprefix("join-"))
        if token is None or serial_text(asker.serial) not in (token.serial, token.enrolment):
            raise NotFound("token: this CA made no such join token; ask the operator for one")
        if self._issuance.clock() >= token.expires_at:
            raise Expired("token: it has expired; ask the operator for a new one")
        if self._requests.is_revoked(token):
            raise Refused("token: it was revoked; ask the operator for a new one")
        return token

    def _key_of(self, ask: Apply, token: Token) -> ec.EllipticCurvePublicKey:
        if ask.name != token.name:
            raise Refused(f"name: the token is for {token.name!r}, not for {ask.name!r}")
        return check_csr(ask.csr, PartyId(ask.name, self._issuance.domain))

    def _decide(
        self, asker: PartyId, ask: Apply, token: Token, public: ec.EllipticCurvePublicKey
    ) -> Certificate | Request:
        asked = ask.application
        checks.check_application(asked)
        checks.check_terms(asked, token.terms)
        held = self._issuance.judge(asked)
        if held:
            return self._requests.hold(asker, token, asked, public, held)
        with self._store.change():
            entry = admit(self._issuance, token, asked, public)
            self._store.spend(token.id, entry.serial, self._issuance.clock())
            self._store.audit.record(str(asker), "apply", ask.name)
        return entry

    def _approved(self, asker: PartyId, token: Token, request: Request) -> Certificate | Request:
        """The token is spent when its holder fetches the certificate, and not before."""
        if request.decision is Decision.OPEN:
            self._store.audit.note(str(asker), "apply", request.name, f"request {request.id} is open")
            return request
        issued = self._not_revoked(request.issued)
        if token.spent_at is None:
            with self._store.change():
                self._store.spend(token.id, issued.serial, self._issuance.clock())
                self._store.audit.record(str(asker), "apply", f"{request.name}, request {request.id}")
        return issued

    def _issued_before(self, serial: str, public: ec.EllipticCurvePublicKey) -> Certificate:
        issued = self._not_revoked(serial)
        if issued.key != checks.key_bytes(public):
            raise Refused(
                "token: it is spent, by another key. If that was not you, tell the operator at once"
            )
        return issued

    def _not_revoked(self, serial: str) -> Certificate:
        issued = self._issuance.get(serial)
        if issued.revoked_at is not None:
            raise Refused(f"token: it is spent, and its certificate was revoked ({issued.reason})")
        return issued

    def _enrolment_of(self, request: Request) -> Certificate:
        return self._issuance.get(self._requests.token_of(request).enrolment)
