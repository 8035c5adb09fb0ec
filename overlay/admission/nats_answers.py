"""What nats-server asks about a connection (auth callout), and the answers. Pure."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any

import msgspec

from overlay.admission.doorkeeper import Admitted
from overlay.admission.nats_jwt import NatsSigner, open_token, public_bytes
from overlay.admission.nats_permissions import nats_allow
from overlay.brokers.nats_config import APP_ACCOUNT
from overlay.errors import BadInput
from overlay.wire.malformed import MALFORMED

_VERSION = 2
_UNLIMITED = -1


class _ServerId(msgspec.Struct):
    id: str


class _ClientTls(msgspec.Struct):
    verified_chains: list[list[str]] = []


class _Request(msgspec.Struct):
    type: str
    user_nkey: str
    server_id: _ServerId
    client_tls: _ClientTls = msgspec.field(default_factory=_ClientTls)


class _Claims(msgspec.Struct):
    iss: str
    nats: _Request
    exp: int = 0


@dataclass(frozen=True, slots=True)
class Question:
    """May the holder of `certificate_pem` come in?"""

    server: str
    user: str
    """The key under which the server will know this connection."""
    certificate_pem: bytes
    """The first certificate of the chain that the server verified; empty if there is none."""
    expires: float
    """After it the server waits no longer; 0 if it did not say."""


def user_name(name: str, serial: int) -> str:
    """Under which name the server lists connections of party `name` that came with certificate `serial`."""
    return f"{name}:{serial:x}"


def name_in(user: str) -> str:
    """The party's name in a `user_name`; empty if it is none."""
    return user.rpartition(":")[0]


def serial_in(user: str) -> int | None:
    """The serial number in a `user_name`; None if it is none."""
    try:
        return int(user.rpartition(":")[2], 16) if ":" in user else None
    except ValueError:
        return None


def read_question(data: bytes) -> Question:
    """From the server's request. Raises BadInput, BadSignature."""
    try:
        claims = msgspec.convert(open_token(data), _Claims)
    except MALFORMED as error:
        raise BadInput(f"this is not a request for admission: {error}") from error
    request = claims.nats
    if request.type != "authorization_request" or request.server_id.id != claims.iss:
        raise BadInput("this is not a request for admission by the server that signed it")
    public_bytes(request.user_nkey)
    chains = request.client_tls.verified_chains
    leaf = chains[0][0] if chains and chains[0] else ""
    return Question(claims.iss, request.user_nkey, leaf.encode(), float(claims.exp))


def admission(question: Question, admitted: Admitted, signer: NatsSigner, now: float) -> bytes:
    """Yes, with what is granted, until the certificate ends."""
    user = signer.sign(
        _claims(question.user, now)
        | {
            "aud": APP_ACCOUNT,
            "name": user_name(admitted.grant.name, admitted.identity.serial),
            "exp": int(admitted.identity.not_after),
            "nats": _user(admitted),
        }
    )
    return _answer(question, signer, now, {"jwt": user.decode()})


def refusal(question: Question, text: str, signer: NatsSigner, now: float) -> bytes:
    """No; the server writes `text` into its log, the client learns nothing."""
    return _answer(question, signer, now, {"error": text})


def _answer(question: Question, signer: NatsSigner, now: float, answer: dict[str, str]) -> bytes:
    nats = {"type": "authorization_response", "version": _VERSION} | answer
    return signer.sign(_claims(question.user, now) | {"aud": question.server, "nats": nats})


def _claims(subject: str, now: float) -> dict[str, Any]:
    return {"jti": secrets.token_hex(16), "iat": int(now), "sub": subject}


def _user(admitted: Admitted) -> dict[str, Any]:
    """No `resp`: it would let a party publish under any token, by naming it as its own reply subject. The
    limits here are not looked at in an answer to a callout; the server's own are.
    """
    allow = nats_allow(admitted.grant)
    return {
        "type": "user",
        "version": _VERSION,
        "pub": {"allow": allow.publish},
        "sub": {"allow": allow.subscribe},
        "subs": _UNLIMITED,
        "data": _UNLIMITED,
        "payload": _UNLIMITED,
        "allowed_connection_types": ["STANDARD"],
    }
