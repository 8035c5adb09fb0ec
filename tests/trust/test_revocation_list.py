"""The revocation list that a CA publishes and brokers read."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from overlay.errors import BadCertificate
from overlay.trust.issuing import new_root
from overlay.trust.keys import SigningKey
from overlay.trust.revocation_list import (
    RevokedEntry,
    hashed_name,
    make_revocation_list,
    read_revocation_list,
)

NOW = 1_900_000_000.0
COMPROMISE = x509.ReasonFlags.key_compromise


def made(root: x509.Certificate, key: SigningKey, *serials: int) -> bytes:
    entries = [RevokedEntry(serial, NOW - 5, COMPROMISE) for serial in serials]
    return make_revocation_list(root, key, entries, number=7, now=NOW, until=NOW + 3600)


def test_a_list_holds_what_was_put_in() -> None:  # CA-6
    root, key = new_root("a.example", 86400, NOW)
    for serials in (set[int](), {1}, {5, 2**150, 7}):
        found = read_revocation_list(made(root, key, *serials), root)
        assert {entry.serial_number for entry in found} == serials
        for entry in found:
            assert entry.revocation_date_utc.timestamp() == NOW - 5
            assert entry.extensions.get_extension_for_class(x509.CRLReason).value.reason is COMPROMISE
        assert found.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 7
        assert found.next_update_utc is not None
        assert found.last_update_utc.timestamp() <= NOW < found.next_update_utc.timestamp() == NOW + 3600


def test_a_list_is_never_good_for_longer_than_its_root() -> None:
    root, key = new_root("a.example", 86400, NOW)
    pem = make_revocation_list(root, key, [], number=1, now=NOW, until=NOW + 1e9)
    assert read_revocation_list(pem, root).next_update_utc == root.not_valid_after_utc


def test_a_list_that_the_root_did_not_sign_counts_for_nothing() -> None:
    root, key = new_root("a.example", 86400, NOW)
    other, other_key = new_root("a.example", 86400, NOW)
    changed = bytearray(read_revocation_list(made(root, key, 1), root).public_bytes(Encoding.PEM))
    changed[len(changed) // 2] ^= 1
    for pem in (made(other, other_key, 1), made(root, other_key, 1), bytes(changed), b"no list"):
        with pytest.raises(BadCertificate):
            read_revocation_list(pem, root)
    assert hashed_name(root) != hashed_name(other)
