"""The revocation list that brokers read."""

from __future__ import annotations

import pytest

from overlay.errors import BadCertificate
from overlay.trust.issuing import new_root
from overlay.trust.revocation_list import hashed_name, make_revocation_list, read_revocation_list

NOW = 1_900_000_000.0


def test_a_list_holds_what_was_put_in() -> None:
    root, key = new_root("a.example", 86400, NOW)
    for serials in (frozenset[int](), frozenset({1}), frozenset({5, 2**150, 7})):
        assert read_revocation_list(make_revocation_list(root, key, serials, NOW), root) == serials


def test_a_list_that_the_root_did_not_sign_counts_for_nothing() -> None:
    root, _ = new_root("a.example", 86400, NOW)
    other, other_key = new_root("a.example", 86400, NOW)
    for pem in (
        make_revocation_list(other, other_key, [1], NOW),
        make_revocation_list(root, other_key, [1], NOW),
        b"no list",
    ):
        with pytest.raises(BadCertificate):
            read_revocation_list(pem, root)
    assert hashed_name(root) != hashed_name(other)
