"""How newcomers become agents: join tokens, and what is asked with them. No I/O but the CA's store."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from cryptography.hazmat.primitives.asymmetric import ec

from overlay.ca import checks
from overlay.ca.entries import Certificate, Token
from overlay.ca.issuance import Issuance
from overlay.ca.protocol import Apply, MakeToken, Reason
from overlay.errors import BadCertificate, Expired, NotFound, Overloaded, Refused
from overlay.naming.ids import PartyId, is_join, join_name
from overlay.trust.attributes import Attributes
from overlay.trust.identity import Identity, Role
from overlay.trust.issuing import check_csr
from overlay.trust.keys import SigningKey


@dataclass(frozen=True, slots=True)
class Invitation:
    """A token that was made: its entry, its enrolment certificate, and the key that only its text holds."""

    token: Token
    certificate: Certificate
    key: SigningKey


class Enrolment:
    """Makes tokens and takes them."""

    def __init__(self, issuance: Issuance) -> None:
        self._issuance = issuance
        self._store = issuance.store

    def make_token(self, by: PartyId, ask: MakeToken) -> Invitation:
        """Let somebody become `ask.name`, once. Raises Refused, Overloaded."""
        with self._issuance.audited(by, "token", ask.name):
            checks.check_free_name(ask.name)
            checks.check_skills(ask.skills)
            checks.check_words(organisation=ask.organisation)
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
            skills=ask.skills,
            organisation=ask.organisation,
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
        BadCertificate (the request); the text begins with the check that failed (CA-2).
        """
        with self._issuance.audited(asker.party, "apply", ask.name):
            token = self._token_of(asker)
            public = self._check(ask, token)
            if token.spent_at is not None:
                return self._issued_before(token, public)
            return self._admit(asker.party, ask, token, public)

    def _token_of(self, asker: Identity) -> Token:
        if asker.role is not Role.JOIN or not is_join(asker.party.name):
            raise Refused(f"token: {asker.party} is no holder of a join token; agents renew instead")
        token = self._store.token(asker.party.name.removeprefix("join-"))
        serial = checks.serial_text(asker.serial)
        if token is None or token.serial != serial:
            raise NotFound("token: this CA made no such join token; ask the operator for one")
        if self._issuance.clock() >= token.expires_at:
            raise Expired("token: it has expired; ask the operator for a new one")
        if self._issuance.get(serial).revoked_at is not None:
            raise Refused("token: it was revoked; ask the operator for a new one")
        return token

    def _check(self, ask: Apply, token: Token) -> ec.EllipticCurvePublicKey:
        if ask.name != token.name:
            raise Refused(f"name: the token is for {token.name!r}, not for {ask.name!r}")
        public = check_csr(ask.csr, PartyId(ask.name, self._issuance.domain))
        checks.check_permitted(ask.skills, token.skills)
        checks.check_organisation(ask.organisation, token)
        checks.check_words(organisation=ask.organisation, developer=ask.developer, function=ask.function)
        return public

    def _issued_before(self, token: Token, public: ec.EllipticCurvePublicKey) -> Certificate:
        issued = self._issuance.get(token.issued)
        if issued.key != checks.key_bytes(public):
            raise Refused(
                "token: it is spent, by another key. If that was not you, tell the operator at once"
            )
        if issued.revoked_at is not None:
            raise Refused(f"token: it is spent, and its certificate was revoked ({issued.reason})")
        return issued

    def _admit(
        self, asker: PartyId, ask: Apply, token: Token, public: ec.EllipticCurvePublicKey
    ) -> Certificate:
        now = self._issuance.clock()
        former = self._store.valid_of(ask.name, now)
        if not token.again:
            self._issuance.check_not_taken(ask.name)
        self._issuance.check_key(public, ask.name)
        party = PartyId(ask.name, self._issuance.domain)
        entry = replace(
            self._issuance.sign(public, party, Role.AGENT, attributes=_attributes(ask)),
            organisation=ask.organisation,
            developer=ask.developer,
            function=ask.function,
        )
        with self._store.change():
            self._issuance.revoke(former, Reason.SUPERSEDED)
            self._store.add_certificate(entry)
            self._store.spend(token.id, entry.serial, now)
            self._store.audit.record(str(asker), "apply", ask.name)
        return entry


def _attributes(ask: Apply) -> Attributes:
    try:
        return Attributes(ask.skills, ask.organisation, ask.function)
    except BadCertificate as error:
        raise Refused(str(error)) from error
