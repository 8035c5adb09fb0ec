"""The handshake of a link: mutual, fresh, bound to both gateways' names (design §3). Pure.

Both sign the transcript, which holds version, algorithms, both IDs, both nonces and both key shares. So a
handshake that was changed, weakened, passed on to another gateway or played again does not come about.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

import bridges.links.handshake_messages as messages
from bridges.links.handshake_messages import Finish, Hello, Refusal, Welcome, WelcomeBody
from bridges.links.key_agreement import (
    SUITE,
    KeyShares,
    LinkKeys,
    answer,
    check_confirmation,
    confirmation,
    derive,
)
from bridges.links.link_session import LinkSession
from bridges.links.peer import PeerTrust
from overlay.errors import BadCertificate, BadEnvelope, OverlayError, Refused
from overlay.naming.ids import PartyId, check_name
from overlay.trust.bundle import load_certificate
from overlay.trust.credentials import Credentials
from overlay.trust.keys import verify

PROTOCOLS = ("envelope/1", "summary/1")
REQUIRED = "envelope/1"
_ACCEPTOR = b"agent-overlay/link-acceptor/v1\x00"
_DIALLER = b"agent-overlay/link-dialler/v1\x00"


@dataclass(frozen=True, slots=True)
class Established:
    """A proved peer process and the session with it."""

    session: LinkSession
    peer: PartyId
    serial: int
    """Of the certificate that proved it."""
    process: str
    protocols: tuple[str, ...]


class DiallerHandshake:
    """The side that greets. Send `hello`, then what `welcomed` returns."""

    def __init__(
        self,
        me: Credentials,
        process: str,
        trust: PeerTrust,
        limit: int,
        protocols: Sequence[str] = PROTOCOLS,
        *,
        news: bytes = b"",
    ) -> None:
        """`news`: see `Hello`."""
        self._me = me
        self._trust = trust
        self._limit = limit
        self._protocols = tuple(protocols)
        self._shares = KeyShares()
        self._nonce = secrets.token_bytes(messages.NONCE_BYTES)
        hello = Hello(
            messages.LINK_VERSION,
            SUITE,
            self._protocols,
            str(me.party),
            str(trust.gateway),
            process,
            self._nonce,
            self._shares.public,
            _der(me),
            news,
        )
        self.hello = messages.encode(messages.HELLO, hello)

    def is_mine(self, nonce: bytes) -> bool:
        """Whether a welcome or refusal is about this hello."""
        return nonce == self._nonce

    def welcomed(self, data: bytes, now: float) -> tuple[bytes, Established]:
        """The finish to send, and the session. Raises BadEnvelope, Untrusted, Refused."""
        welcome = messages.decode(messages.WELCOME, data, Welcome)
        if not self.is_mine(welcome.hello_nonce):
            raise Refused("this welcome answers another hello")
        body = messages.decode_welcome_body(welcome.body)
        self._check(body)
        transcript = messages.transcript(self.hello, welcome.body)
        public, serial = _proved(self._trust, body.certificate, body.news, now)
        verify(public, welcome.signature, _ACCEPTOR + transcript)
        keys = derive(self._shares.secret(body.reply), transcript)
        check_confirmation(keys.confirm_acceptor, transcript, welcome.confirmation)
        signature = self._me.key.sign(_DIALLER + transcript)
        finish = Finish(keys.tag, signature, confirmation(keys.confirm_dialler, transcript))
        session = LinkSession(keys.tag, keys.to_acceptor, keys.to_dialler, self._limit)
        return (
            messages.encode(messages.FINISH, finish),
            Established(session, self._trust.gateway, serial, body.process, body.protocols),
        )

    def _check(self, body: WelcomeBody) -> None:
        _check_parts(body.suite, body.process, body.nonce)
        if (body.sender, body.to) != (str(self._trust.gateway), str(self._me.party)):
            raise Refused(
                f"{body.sender} welcomes {body.to}: that is another link than {self._trust.gateway}'s"
            )
        if REQUIRED not in body.protocols or not set(body.protocols) <= set(self._protocols):
            raise Refused(f"the peer chose protocols that were not offered: {', '.join(body.protocols)}")


class AcceptorHandshake:
    """The side that is greeted. Made from a hello: send `welcome`, then give the finish to `finished`.

    Raises BadEnvelope, Untrusted, Refused: `refusal` tells the dialler why.
    """

    def __init__(
        self,
        me: Credentials,
        process: str,
        trust: PeerTrust,
        data: bytes,
        now: float,
        limit: int,
        protocols: Sequence[str] = PROTOCOLS,
        *,
        news: bytes = b"",
    ) -> None:
        """`news`: see `WelcomeBody`."""
        hello = messages.decode_hello(data)
        _check_parts(hello.suite, hello.process, hello.nonce)
        if (hello.sender, hello.to) != (str(trust.gateway), str(me.party)):
            raise Refused(
                f"{hello.sender} greets {hello.to}: this is {me.party}, peered with {trust.gateway}"
            )
        chosen = tuple(protocol for protocol in protocols if protocol in hello.protocols)
        if REQUIRED not in chosen:
            raise Refused(f"no common protocol: {REQUIRED} is needed")
        self._peer, serial = _proved(trust, hello.certificate, hello.news, now)
        reply, secret = answer(hello.share)
        nonce = secrets.token_bytes(messages.NONCE_BYTES)
        names = (str(me.party), str(trust.gateway), process)
        body = messages.encode_body(
            WelcomeBody(messages.LINK_VERSION, SUITE, chosen, *names, nonce, reply, _der(me), news)
        )
        self._transcript = messages.transcript(data, body)
        self._keys: LinkKeys = derive(secret, self._transcript)
        self.tag = self._keys.tag
        session = LinkSession(self.tag, self._keys.to_dialler, self._keys.to_acceptor, limit)
        self.process = hello.process
        self._established = Established(session, trust.gateway, serial, hello.process, chosen)
        signature = me.key.sign(_ACCEPTOR + self._transcript)
        proof = confirmation(self._keys.confirm_acceptor, self._transcript)
        self.welcome = messages.encode(messages.WELCOME, Welcome(hello.nonce, body, signature, proof))

    def finished(self, data: bytes) -> Established:
        """The session, once the dialler has proved itself. Raises BadEnvelope, BadSeal, BadSignature."""
        finish = messages.decode(messages.FINISH, data, Finish)
        check_confirmation(self._keys.confirm_dialler, self._transcript, finish.confirmation)
        verify(self._peer, finish.signature, _DIALLER + self._transcript)
        return self._established


def refusal(hello: bytes, error: OverlayError) -> bytes:
    """What tells a dialler why there is no link."""
    try:
        nonce = messages.decode(messages.HELLO, hello, Hello).nonce[: messages.NONCE_BYTES]
    except BadEnvelope:
        nonce = b""
    return messages.encode(messages.REFUSAL, Refusal(nonce, error.reason, str(error)[:500]))


def _check_parts(suite: str, process: str, nonce: bytes) -> None:
    if suite != SUITE:
        raise Refused(f"the algorithms {suite[:100]!r} are not spoken here, only {SUITE}")
    check_name(process)
    if len(nonce) != messages.NONCE_BYTES:
        raise BadEnvelope(f"a nonce has {messages.NONCE_BYTES} bytes")


def _proved(trust: PeerTrust, der: bytes, news: bytes, now: float) -> tuple[ec.EllipticCurvePublicKey, int]:
    certificate = load_certificate(der)
    identity = trust.verify(certificate, now, news)
    public = certificate.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise BadCertificate("the certificate's key is not on P-256")
    return public, identity.serial


def _der(me: Credentials) -> bytes:
    certificate: x509.Certificate = me.certificate
    return certificate.public_bytes(Encoding.DER)
