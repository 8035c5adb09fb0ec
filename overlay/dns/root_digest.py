"""A root's SHA-256, as DNS records and command lines give it. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.errors import BadInput

_METHOD = "sha256:"
_LENGTHS = (32, 64)
"""Hexadecimal digits: half of them, as people compare them, are 128 bits and enough."""
_HEX = re.compile(r"[0-9a-f]+\Z")


def root_digest(root: x509.Certificate) -> str:
    """`sha256:` and 64 hexadecimal digits, over the certificate as DER."""
    return _METHOD + hashlib.sha256(root.public_bytes(Encoding.DER)).hexdigest()


def parse_digest(text: str) -> str:
    """As `root_digest` writes it, whole or the first half; blanks, colons and upper case do not count.

    Raises BadInput.
    """
    digits = re.sub(r"[\s:]", "", text.strip().lower().removeprefix(_METHOD))
    if len(digits) not in _LENGTHS or not _HEX.match(digits):
        raise BadInput(
            f"{text[:100]!r} is no fingerprint of a root: give sha256: and 64 hexadecimal digits "
            "(`overlay dns export` in that domain shows them), or the 32 that `overlay peer export` shows"
        )
    return _METHOD + digits


def is_among(root: x509.Certificate, digests: Collection[str]) -> bool:
    """Whether one of these, as `parse_digest` gives them, is the root's."""
    own = root_digest(root)
    return any(own.startswith(digest) for digest in digests)
