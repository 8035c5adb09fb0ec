"""A stolen key of the domain's own: its holder gets another, and whoever stole it has nothing left."""

from __future__ import annotations

from pathlib import Path

import pytest

from overlay.ca.protocol import DeniedList, Reason, State
from overlay.ca.revocation.denials import Denials
from overlay.endpoint.domain_card import open_domain_card, sign_domain_card
from overlay.endpoint.home import Home
from overlay.errors import BadSignature, Refused, Replayed
from overlay.naming.ids import CA, GATEWAY, PartyId
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.bundle_news import highest_epoch
from overlay.trust.identity import Role
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SigningKey
from tests.ca.office import BOSS, DOMAIN, Office
from tests.memory_domain import MemoryDomain

US = PartyId(GATEWAY, DOMAIN)


def test_all_that_a_thief_made_of_a_stolen_key_ends_and_the_key_is_never_certified_again(
    office: Office,
) -> None:
    stolen, thiefs = SigningKey.generate(), SigningKey.generate()
    first = office.authority.issue_for_domain(stolen.public, GATEWAY, Role.GATEWAY)
    before = office.authority.renew(first.identity, make_csr(thiefs, US))
    ours = office.authority.rekeying.certify(BOSS, GATEWAY, SigningKey.generate().public)
    after = office.authority.renew(before.identity, make_csr(SigningKey.generate(), US))
    ended = office.authority.rekeying.end_others(BOSS, ours.serial, Reason.KEY_COMPROMISE)
    assert {item.serial for item in ended} == {first.serial, before.serial, after.serial}
    assert [item.serial for item in office.store.valid_of(GATEWAY, office.clock())] == [ours.serial]
    assert {office.authority.describe(item).state for item in ended} == {State.REVOKED}
    with pytest.raises(Refused, match=r"^certificate: only the holder of a valid one"):
        office.authority.renew(after.identity, make_csr(SigningKey.generate(), US))
    for key in (stolen, thiefs):
        with pytest.raises(Refused, match=r"^key: it was certified before"):
            office.authority.rekeying.certify(BOSS, GATEWAY, key.public)
        with pytest.raises(Refused, match=r"^key: it was revoked as leaked"):
            office.authority.issue_for_domain(key.public, GATEWAY, Role.GATEWAY)
    again = office.authority.rekeying.end_others(BOSS, ours.serial, Reason.KEY_COMPROMISE)
    assert len(again) == 3


def test_an_agent_gets_no_new_key_like_this(office: Office) -> None:
    office.enrol("alice")
    with pytest.raises(Refused, match=r"^role: 'alice' is not the domain's own"):
        office.authority.rekeying.certify(BOSS, "alice", SigningKey.generate().public)


def test_a_domain_card_that_its_owner_could_not_outdo_is_refused() -> None:
    domain = MemoryDomain("a.example", Settings())
    thief, trust, now = domain.party(CA, Role.SERVICE).credentials, TrustStore(domain.bundle), domain.clock()
    card = domain.card

    def shown(epoch: int) -> int:
        changed = type(card)(card.domain, card.roots, card.brokers, card.services, epoch)
        return open_domain_card(sign_domain_card(changed, thief), trust, now).epoch

    highest = highest_epoch(now + trust.skew_s)
    assert shown(highest) == highest
    with pytest.raises(BadSignature, match="higher than a CA may use now"):
        shown(highest + 1)


def test_what_a_thief_of_the_cas_key_said_hides_no_later_revocation(office: Office) -> None:
    trust = TrustStore(TrustBundle(DOMAIN, (office.issuer.root,)))
    denials = Denials(trust)
    denials.take(DeniedList(3, ("a",), 0, 3), by=0xCA)
    denials.take(DeniedList(1 << 40, (), 0, 1 << 40), by=0xCA)
    with pytest.raises(Replayed):
        denials.take(DeniedList(4, ("b",), 3, 4), by=0xCB)
    denials.take(DeniedList(5, ("ca",), 4, 5), by=0xCB)
    assert not denials.complete
    denials.take(DeniedList(5, ("a", "b", "ca"), 0, 5))
    assert (denials.epoch, denials.complete) == (5, True)


def test_a_home_that_gets_other_keys_is_usable_at_every_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    domain = MemoryDomain("a.example", Settings())
    home = Home(tmp_path / "gw")
    old, new = (domain.party(GATEWAY, Role.GATEWAY).credentials for _ in range(2))
    writes = 0
    for crash_at in range(1, 6):
        home.save(old, domain.card)
        writes = 0

        def dying(path: Path, data: bytes, crash_at: int = crash_at) -> None:
            nonlocal writes
            writes += 1
            if writes == crash_at:
                raise OSError("the machine went down")
            path.write_bytes(data)
            path.chmod(0o600)

        with monkeypatch.context() as patch:
            patch.setattr("overlay.endpoint.home.write_private", dying)
            try:
                home.save_rekeyed(new)
            except OSError:
                found = home.load(domain.settings).credentials.identity
                assert found in (old.identity, new.identity)
    assert home.load(domain.settings).credentials.identity == new.identity
    assert not home.renewed.exists()
