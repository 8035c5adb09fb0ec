"""Applications that an administrator decides: held, approved or denied, and what their askers hear."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from overlay.ca import checks
from overlay.ca.applications.admittance import admit, check_admissible
from overlay.ca.applications.application import Application
from overlay.ca.applications.protocol import Approve, Deny
from overlay.ca.entries import Certificate, Decision, Request, Token
from overlay.ca.issuance import Issuance
from overlay.errors import Expired, NotFound, Overloaded, Refused
from overlay.naming.ids import PartyId, join_name
from overlay.trust import profile
from overlay.trust.identity import Role


class Requests:
    """What is held. A request is open for `application_open_s`; who asked may fetch the decision for
    `application_collect_s` longer, however late it was.
    """

    def __init__(self, issuance: Issuance) -> None:
        self._issuance = issuance
        self._store = issuance.store
        self._table = issuance.store.applications

    def of_token(self, token: Token) -> Request | None:
        """What was asked with this token."""
        return self._table.of_token(token.id)

    def hold(
        self, by: PartyId, token: Token, asked: Application, public: ec.EllipticCurvePublicKey, why: str
    ) -> Request:
        """Remember the application, and prolong the token. Raises Refused, Overloaded."""
        check_admissible(self._issuance, token, public)
        settings, now = self._issuance.settings, self._issuance.clock()
        if self._table.open(now - settings.application_open_s) >= settings.applications_open:
            raise Overloaded("too many applications wait for the operator (applications_open): ask later")
        request = Request(
            id=secrets.token_hex(5),
            token=token.id,
            name=token.name,
            key=checks.key_bytes(public),
            asked=asked,
            held=why,
            made_at=now,
        )
        enrolment = self._enrolment(token)
        with self._store.change():
            self._store.add_certificate(enrolment)
            self._store.prolong(token.id, enrolment.serial, enrolment.not_after)
            self._table.add(request)
            self._store.audit.record(str(by), "apply", token.name, f"held as request {request.id}: {why}")
        return request

    def _enrolment(self, token: Token) -> Certificate:
        """For the token's own key, as long as decision and answer may take."""
        settings = self._issuance.settings
        public = _public(self._issuance.get(token.serial).key)
        holder = PartyId(join_name(token.id), self._issuance.domain)
        lifetime_s = settings.application_open_s + settings.application_collect_s
        return self._issuance.sign(public, holder, Role.JOIN, lifetime_s=lifetime_s)

    def check_asked_before(self, request: Request, public: ec.EllipticCurvePublicKey) -> None:
        """Raises Refused unless this request was approved, or may be yet: the text says why."""
        if request.key != checks.key_bytes(public):
            if request.decision is Decision.DENIED:
                raise Refused(
                    f"token: it was used for request {request.id}, which was denied; ask for a new one"
                )
            raise Refused(
                f"token: it was used for request {request.id}, by another key. If that was not you, tell the "
                "operator at once"
            )
        if request.decision is Decision.DENIED:
            raise Refused(f"denied: the operator denied request {request.id}: {request.why}")
        if request.decision is Decision.OPEN:
            self._check_open(request)

    def approve(self, by: PartyId, ask: Approve) -> Certificate:
        """Everything is checked again, then the certificate is made; the newcomer fetches it. Raises
        NotFound, Refused, Expired, Unavailable.
        """
        with self._issuance.audited(by, "approve", ask.request):
            request, token = self._open_one(ask.request)
            if self.is_revoked(token):
                raise Refused("token: it was revoked meanwhile; deny the request")
            granted = _narrowed(request.asked, ask)
            self._issuance.judge(granted)
            with self._store.change():
                entry = admit(self._issuance, token, granted, _public(request.key))
                now = self._issuance.clock()
                self._table.decide(
                    replace(request, decision=Decision.APPROVED, decided_at=now, issued=entry.serial)
                )
                self._store.audit.record(str(by), "approve", f"{request.id}, {request.name}")
        return entry

    def deny(self, by: PartyId, ask: Deny) -> Request:
        """Its asker hears why, and the token is good for nothing else. Raises NotFound, Refused, Expired."""
        with self._issuance.audited(by, "deny", ask.request):
            checks.check_reason(ask.why)
            request, _ = self._open_one(ask.request)
            now = self._issuance.clock()
            denied = replace(request, decision=Decision.DENIED, decided_at=now, why=ask.why)
            with self._store.change():
                self._table.decide(denied)
                self._store.audit.record(str(by), "deny", f"{request.id}, {request.name}: {ask.why}")
        return denied

    def page(self, after: int, *, decided: bool) -> Sequence[Request]:
        """The open ones, or all that ever were, oldest first."""
        settings = self._issuance.settings
        since = None if decided else self._issuance.clock() - settings.application_open_s
        return self._table.page(after, settings.ca_page, open_since=since)

    def until(self, request: Request) -> float:
        """When it ends undecided."""
        return request.made_at + self._issuance.settings.application_open_s

    def token_of(self, request: Request) -> Token:
        """With which it was made."""
        found = self._store.token(request.token)
        if found is None:
            raise LookupError(f"the token of request {request.id} is not in the store")
        return found

    def is_revoked(self, token: Token) -> bool:
        """Whether one of the token's own certificates was."""
        return any(item.revoked_at is not None for item in self._store.enrolments_of(token))

    def _open_one(self, request_id: str) -> tuple[Request, Token]:
        found = self._table.get(request_id)
        if found is None:
            raise NotFound(
                f"request: there is none with the ID {request_id!r}; `overlay ca requests` lists them"
            )
        if found.decision is not Decision.OPEN:
            raise Refused(f"request: {found.id} was {found.decision.value} before")
        self._check_open(found)
        return found, self.token_of(found)

    def _check_open(self, request: Request) -> None:
        if self._issuance.clock() >= self.until(request):
            raise Expired(f"request: nobody decided {request.id} in time; ask the operator for a new token")


def _narrowed(asked: Application, ask: Approve) -> Application:
    """Raises Refused when an approval would give more than was asked."""
    granted = asked
    if ask.skills is not None:
        checks.check_permitted("skills", ask.skills, asked.skills, "was applied for")
        granted = msgspec.structs.replace(granted, skills=ask.skills)
    if ask.scopes is not None:
        checks.check_permitted("scopes", ask.scopes, asked.scopes, "was applied for")
        granted = msgspec.structs.replace(granted, scopes=ask.scopes)
    checks.check_application(granted)
    return granted


def _public(der: bytes) -> ec.EllipticCurvePublicKey:
    return profile.check_key(load_der_public_key(der))
