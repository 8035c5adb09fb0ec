"""What a gateway looks at before an agent has access (GW-1)."""

from __future__ import annotations

import msgspec
import pytest

from bridges.border.review import review
from overlay.errors import BadCertificate, BadInput, Refused
from overlay.policy.access import AccessPolicy, allowing, encode_policy
from overlay.trust.identity import Identity, Role
from tests.dict_registry import record
from tests.memory_domain import MemoryDomain


def test_a_record_that_its_own_certificate_proves_is_taken_and_any_other_is_not() -> None:
    domain = MemoryDomain("b.example")
    bob, eve = (domain.credentials(name).identity for name in ("bob", "eve"))
    gateway = domain.credentials("gw", Role.GATEWAY).identity
    policy = AccessPolicy(allow=(allowing(("a.example",)),))
    good = msgspec.structs.replace(
        record("bob@b.example", 1, encode_policy(policy)), serial=format(bob.serial, "x")
    )
    attached = review(good, bob, "b.example")
    assert (attached.identity, attached.access) == (bob, policy)
    assert not attached.ends(bob.not_after, 5.0)
    assert attached.ends(bob.not_after + 6.0, 5.0)

    def refused(
        kind: type[Exception], identity: Identity = bob, home: str = "b.example", **wrong: object
    ) -> None:
        with pytest.raises(kind):
            review(msgspec.structs.replace(good, **wrong), identity, home)

    refused(BadCertificate, eve)
    refused(BadCertificate, gateway, party="gw@b.example")
    refused(BadCertificate, serial="a")
    refused(BadInput, access=b"{")
    refused(Refused, home="a.example")
