"""Whatever comes from others is measured before it is read."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bridges.frames.frame import decode_frame
from bridges.links.handshake_messages import HELLO, MAX_MESSAGE, decode_hello
from overlay.ca.applications.join_token import parse_token
from overlay.domain.peering_file import MAX_BYTES, read_peering
from overlay.errors import BadInput, Refused, Untrusted
from overlay.naming.ids import MAX_DOMAIN, MAX_NAME, PartyId, check_skill
from overlay.naming.subjects import parse_subject
from overlay.trust.attributes import MAX_SKILLS, Attributes
from overlay.trust.bundle import MAX_CERTIFICATE_BYTES, MAX_ROOTS, TrustBundle, load_certificate
from overlay.trust.issuing import MAX_CSR_BYTES, check_csr
from overlay.wire.envelope import MAX_HEADER, decode_envelope
from tests.forgery import CleanRoom

NOW = 1_800_000_000.0
ROOT = CleanRoom("a.example", NOW).root

OVERSIZED: dict[str, Callable[[], object]] = {
    "a name": lambda: PartyId.parse(f"{'a' * (MAX_NAME + 1)}@a.example"),
    "a domain": lambda: PartyId.parse(f"a@{'a.' * MAX_DOMAIN}example"),
    "a skill": lambda: check_skill("a" * 1000),
    "a subject": lambda: parse_subject("ov.rt.normal.agent.bob." + "a" * 10_000),
    "a header": lambda: decode_envelope(
        b"\x01" + (MAX_HEADER + 1).to_bytes(2, "big") + bytes(MAX_HEADER + 1)
    ),
    "a frame": lambda: decode_frame(b"\x00" + bytes(2000), 1000),
    "a greeting": lambda: decode_hello(HELLO + bytes(MAX_MESSAGE)),
    "a certificate": lambda: load_certificate(bytes(MAX_CERTIFICATE_BYTES + 1)),
    "a bundle": lambda: TrustBundle("a.example", (ROOT,) * (MAX_ROOTS + 1)),
    "a request": lambda: check_csr(b"A" * (MAX_CSR_BYTES + 1)),
    "a token": lambda: parse_token("A" * 10_000_000),
    "a peering file": lambda: read_peering("A" * (MAX_BYTES + 1), NOW),
    "attributes": lambda: Attributes(tuple(f"s{n}" for n in range(MAX_SKILLS + 1))),
}


@pytest.mark.parametrize("what", OVERSIZED)
def test_what_is_too_large_is_refused_before_it_is_read(what: str) -> None:
    with pytest.raises((BadInput, Refused, Untrusted)):
        OVERSIZED[what]()
