"""What an agent's HTTP address answers: the same proof, gate, handlers and ledger as over the broker."""

from __future__ import annotations

from collections import Counter

from cryptography import x509

from overlay.carriers.conversation import Answer
from overlay.carriers.request import ENVELOPE, MEDIA_TYPE, Asked, Carried, Request, read_request
from overlay.carriers.status import Problem, encode_problem, problem_of, retry_after, status_of
from overlay.content.media_type import BYTES, JSON
from overlay.endpoint.carrier_door import CarrierDoor
from overlay.endpoint.verifier import Verified
from overlay.errors import NotPermitted, OverlayError, TooLarge
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority
from overlay.settings import Settings
from overlay.trust.identity import Identity
from overlay.trust.keys import new_id
from overlay.wire.content import Content, Kind
from overlay.wire.envelope import Header, decode_header


class Site:
    """Of one agent. `domains`: whose clients are taken, besides those of its own."""

    def __init__(
        self, door: CarrierDoor, settings: Settings, domains: frozenset[str], counters: Counter[str]
    ) -> None:
        self._door = door
        self._settings = settings
        self._domains = domains
        self._counters = counters

    async def answer(self, request: Request, certificate: x509.Certificate) -> Answer:
        """To one request of the holder of this certificate. What is wrong with it is said in the answer."""
        try:
            identity = self._door.identify(certificate)
            self._check_domain(identity.party.domain)
            asked = read_request(request)
            if isinstance(asked, Carried):
                return await self._carried(asked.envelope)
            return await self._asked(asked, identity)
        except OverlayError as error:
            self._counters[f"http-{error.reason}"] += 1
            return refusal(error)

    async def _carried(self, envelope: bytes) -> Answer:
        self._check_domain(PartyId.parse(decode_header(envelope).sender).domain)
        sealed = await self._door.sealed(envelope, self._settings.http_answer_s)
        return Answer(200, sealed, ENVELOPE) if sealed else Answer(202)

    async def _asked(self, asked: Asked, identity: Identity) -> Answer:
        if len(asked.body) > self._settings.max_body_bytes:
            raise TooLarge(f"a body is at most {self._settings.max_body_bytes} bytes (max_body_bytes)")
        self._door.check_direct()
        content = await self._door.handled(self._message(asked, identity), self._settings.http_answer_s)
        if content is None or content.kind is not Kind.ERROR:
            kind = JSON if asked.attributes[MEDIA_TYPE].startswith(JSON) else BYTES
            return Answer(200, content.body if content else b"", kind)
        text = content.body.decode(errors="replace")
        return told(Problem(content.reason, text, content.wants, content.retry_after_ms))

    def _message(self, asked: Asked, identity: Identity) -> Verified:
        """As if it had come sealed: TLS proved its sender, and that nobody changed it."""
        party = self._door.party()
        usual_s = self._settings.ask_timeout_s
        left_s = min(asked.left_s or usual_s, self._settings.max_deadline_s)
        header = Header(
            id=asked.message_id or new_id(),
            sender=str(identity.party),
            to=str(party.id),
            cls=Class.RELIABLE if asked.message_id else Class.REALTIME,
            priority=Priority.NORMAL,
            deadline_ms=int((party.clock() + left_s) * 1000),
            key_id=bytes(16),
            counter=0,
            sender_slot=f"by-{new_id().hex()}",
        )
        content = Content(kind=Kind.REQUEST, body=asked.body, topic=asked.skill, attributes=asked.attributes)
        return Verified(identity, header, content, new_key=False)

    def _check_domain(self, domain: str) -> None:
        if domain not in self._domains:
            raise NotPermitted(f"agents of {domain} are not taken over HTTP: they go by way of the gateways")


def refusal(error: OverlayError) -> Answer:
    """What is said of an error."""
    return told(problem_of(error))


def told(problem: Problem) -> Answer:
    """A problem as an answer."""
    body = encode_problem(problem)
    return Answer(status_of(problem.reason), body, "application/problem+json", retry_after(problem))
