"""A revoked agent comes back into its own home, whatever that has been through (CA-7)."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from overlay.agent import reclaiming
from overlay.agent.reclaiming import reclaim
from overlay.ca.protocol import Reason, Revoke
from overlay.ca.revocation.protocol import Reclaim, Restore
from overlay.ca.revocation.recovery import Permission
from overlay.ca.revocation.restore_token import RestoreToken, print_restore_token
from overlay.endpoint.home import Home
from overlay.naming.ids import OPERATOR, PartyId
from overlay.trust.identity import Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.agent.renewing import SETTINGS, Town, town

_FAR = 1e11


class Killed(BaseException):
    """The process ended here."""


@pytest.mark.parametrize("renewals", [0, 1, 2])
async def test_an_agent_comes_back_however_often_it_has_renewed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, renewals: int
) -> None:
    async with town(tmp_path) as place:
        home = await place.home("alice")
        for _ in range(renewals):
            async with place.process(home) as (_, renewal):
                await renewal.now()
        before = place.load(home).credentials
        permission = _revoked_and_permitted(place, Reason.WITHDRAWN)
        monkeypatch.setattr(reclaiming, "_ask", _asked_at(place, permission))
        await reclaim(home, _text(place, permission), SETTINGS)
        after = place.load(home).credentials
        assert after.identity.serial != before.identity.serial
        assert after.key.public == before.key.public
        assert [key.key_id for key in after.sealing] == [key.key_id for key in before.sealing]


async def test_who_is_killed_while_it_comes_back_with_new_keys_does_so_the_next_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with town(tmp_path) as place:
        home = await place.home("alice")
        before = place.load(home).credentials
        permission = _revoked_and_permitted(place, Reason.KEY_COMPROMISE)
        monkeypatch.setattr(reclaiming, "_ask", _asked_at(place, permission))
        for moment in ("save_card", "save_renewed"):
            with monkeypatch.context() as patch:
                patch.setattr(Home, moment, _killed)
                with pytest.raises(Killed):
                    await reclaim(home, _text(place, permission), SETTINGS)
        await reclaim(home, _text(place, permission), SETTINGS)
        after = place.load(home).credentials
        assert after.key.public != before.key.public
        assert after.sealing[0].key_id != before.sealing[0].key_id
        assert place.valid("alice") == 1


def _revoked_and_permitted(place: Town, reason: Reason) -> Permission:
    boss = place.ca.memory.credentials(OPERATOR, Role.OPERATOR).identity
    place.ca.authority.revoke(boss, Revoke(reason, name="alice"))
    return place.ca.authority.recovery.permit(boss.party, Restore("alice"))


def _text(place: Town, permission: Permission) -> str:
    item = permission.restoration
    return print_restore_token(
        RestoreToken(
            domain_card=place.ca.memory.card.to_bytes(),
            certificate=permission.certificate.der,
            key=permission.key.to_pem(),
            name=item.name,
            restores=item.restores,
            new_key=not item.key,
            expires_at=_FAR,
        )
    )


def _asked_at(place: Town, permission: Permission) -> object:
    async def ask(_: Path, token: RestoreToken, __: object, key: SigningKey, ___: object) -> x509.Certificate:
        csr = make_csr(key, PartyId(token.name, place.ca.memory.name))
        holder = permission.certificate.identity
        return place.ca.authority.recovery.reclaim(holder, Reclaim(token.name, csr))[0].parsed

    return ask


def _killed(*_: object) -> None:
    raise Killed
