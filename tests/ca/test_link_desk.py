"""The gateway of a peer asks our CA for its next link certificate."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.ca.protocol import Issued, Op
from overlay.ca.roots.link_desk import LinkDesk
from overlay.ca.roots.protocol import RenewLink
from overlay.errors import Refused
from overlay.naming.ids import CA, GATEWAY, OPERATOR, PartyId, link_name
from overlay.naming.mailboxes import mailboxes_of_caller
from overlay.trust.identity import Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from overlay.wire.request import decode_struct, encode_struct
from tests.ca.ca_domain import CaDomain

_THEIRS = "b.example"


async def test_a_lost_answer_is_given_again_and_uses_up_no_certificate(tmp_path: Path) -> None:  # CA-5
    domain = CaDomain(tmp_path)
    async with domain.serving():
        domain.ca.open(LinkDesk(domain.authority))
        key = SigningKey.generate()
        csr = make_csr(key, PartyId(GATEWAY, _THEIRS))
        operator = PartyId(OPERATOR, domain.authority.domain)
        first = domain.authority.link(operator, _THEIRS, csr)
        own = SigningKey.generate()
        made = domain.authority.issue_for_domain(own.public, GATEWAY, Role.GATEWAY)
        domain.memory.broker.ensure(mailboxes_of_caller(GATEWAY))
        async with domain.open(domain.party(made.parsed, own, domain.memory.card)) as gateway:
            body = encode_struct(RenewLink(_THEIRS, csr))
            given = set()
            for _ in range(2 * domain.authority.settings.ca_valid_per_name):
                answer = await gateway.ask_service(CA, Op.LINK_RENEW, body)
                given.add(decode_struct(answer, Issued).certificate)
            assert len(given) == 1
            held = domain.authority.store.valid_of(link_name(_THEIRS), domain.authority.clock())
            assert first.serial in {item.serial for item in held}
            other = encode_struct(
                RenewLink(_THEIRS, make_csr(SigningKey.generate(), PartyId(GATEWAY, _THEIRS)))
            )
            with pytest.raises(Refused, match="peering files"):
                await gateway.ask_service(CA, Op.LINK_RENEW, other)
