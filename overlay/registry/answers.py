"""Is this the registry's answer to this question, and not an old one? (REG-6) Pure."""

from __future__ import annotations

import hmac

from overlay.errors import BadSignature, Expired
from overlay.naming.ids import REGISTRY
from overlay.registry.protocol import ANSWER_KIND, Answer, question_hash
from overlay.trust.bundle import TrustStore
from overlay.trust.signed import open_from
from overlay.wire.request import decode_struct


def open_answer(
    data: bytes, operation: str, body: bytes, *, trust: TrustStore, now: float, age_s: float
) -> bytes:
    """The result in a signed answer of our domain's registry to `operation` with `body`, up to `age_s` old.

    Raises BadSignature, BadCertificate, BadEnvelope, BadInput, Expired.
    """
    answer = decode_struct(open_from(REGISTRY, ANSWER_KIND, data, trust, now), Answer)
    if not hmac.compare_digest(answer.question, question_hash(operation, body)):
        raise BadSignature("this is the registry's answer to another question")
    if answer.at < now - age_s - trust.skew_s or answer.at > now + trust.skew_s:
        raise Expired(f"the registry's answer is {now - answer.at:.0f} s old; ask again")
    return answer.result
