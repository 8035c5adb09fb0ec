"""The credentials that an agent holds in its home."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.credentials.signing import sign_as_ca
from overlay.credentials.wallet import Wallet
from overlay.errors import BadCredential, BadSettings, NotFound, Refused
from overlay.naming.ids import PartyId
from tests.ca.office import DAY
from tests.credentials.scene import ALICE, QUALIFIED, KeyIssuer, Scene


@pytest.fixture
def scene() -> Scene:
    return Scene()


@pytest.fixture
def wallet(scene: Scene, tmp_path: Path) -> Wallet:
    return Wallet(tmp_path / "credentials", scene.settings, scene.clock)


async def test_what_a_wallet_shows_is_believed(scene: Scene, wallet: Wallet) -> None:
    wallet.take_over(ALICE, [sign_as_ca(scene.payload(), scene.ca)], scene.status())
    (text,) = wallet.of_types([QUALIFIED])
    assert (await scene.verifier.verify(text, ALICE)).type == QUALIFIED
    assert wallet.of_types(["pilot"]) == []


def test_what_the_ca_names_no_more_goes_and_that_of_others_stays(scene: Scene, wallet: Wallet) -> None:
    college = KeyIssuer()
    other = wallet.add(college.sign(scene.payload(scene.said(issuer=college.did))), ALICE)
    wallet.take_over(ALICE, [sign_as_ca(scene.payload(), scene.ca)], scene.status())
    assert len(wallet.held()) == 2
    wallet.take_over(ALICE, [], scene.status())
    assert wallet.held() == [other]
    wallet.remove(other.id)
    assert wallet.held() == []
    with pytest.raises(NotFound):
        wallet.remove(other.id)


def test_an_expired_credential_is_not_shown(scene: Scene, wallet: Wallet) -> None:
    wallet.add(sign_as_ca(scene.payload(), scene.ca), ALICE)
    scene.clock.now += 40 * DAY
    assert wallet.of_types([QUALIFIED]) == []


def test_a_credential_that_has_ended_is_not_taken(scene: Scene, wallet: Wallet) -> None:
    jwt = sign_as_ca(scene.payload(), scene.ca)
    scene.clock.now += 40 * DAY
    with pytest.raises(Refused, match="has ended"):
        wallet.add(jwt, ALICE)


def test_a_wallet_takes_its_own_agents_credentials_only_and_not_too_many(tmp_path: Path) -> None:
    scene = Scene(credentials_held=1)
    wallet = Wallet(tmp_path / "credentials", scene.settings, scene.clock)
    jwt = sign_as_ca(scene.payload(), scene.ca)
    with pytest.raises(Refused):
        wallet.add(jwt, PartyId("bob", "a.example"))
    with pytest.raises(BadCredential):
        wallet.add("nothing", ALICE)
    wallet.add(jwt, ALICE)
    wallet.add(jwt, ALICE)
    with pytest.raises(Refused, match="full"):
        wallet.add(sign_as_ca(scene.payload(), scene.ca), ALICE)


def test_a_wallet_that_others_may_read_is_refused(scene: Scene, wallet: Wallet, tmp_path: Path) -> None:
    wallet.add(sign_as_ca(scene.payload(), scene.ca), ALICE)
    (file,) = (tmp_path / "credentials").glob("*.jwt")
    assert file.stat().st_mode & 0o777 == 0o600
    file.chmod(0o644)
    with pytest.raises(BadSettings):
        wallet.of_types([QUALIFIED])
