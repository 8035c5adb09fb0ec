"""Which credentials count, for whom, and why the others do not (CA-9)."""

from __future__ import annotations

import re
import uuid

import pytest

from overlay.credentials.credential import StatusEntry, make_payload
from overlay.credentials.did import did_of_domain
from overlay.credentials.did_document import domain_document
from overlay.credentials.issuers import Voucher
from overlay.credentials.signing import sign_as_ca
from overlay.credentials.statuses import LISTS_OF_AN_ISSUER
from overlay.errors import BadCredential
from overlay.naming.ids import CA, PartyId
from overlay.trust.identity import Role
from tests.ca.office import DAY
from tests.credentials.scene import ALICE, PLACE, QUALIFIED, KeyIssuer, Scene


async def refused(scene: Scene, text: str, subject: PartyId = ALICE) -> str:
    """Which check failed."""
    with pytest.raises(BadCredential) as caught:
        await scene.verifier.verify(text, subject)
    return re.match(r"[a-z ]+", str(caught.value))[0]  # type: ignore[index]  # each text begins with the check


async def test_a_peers_ca_vouches_for_its_agent_when_it_is_listed() -> None:
    scene = Scene()
    found = await scene.verifier.verify(scene.shown(), ALICE)
    assert (found.type, found.claims, found.subject) == (QUALIFIED, {"field": "surgery"}, ALICE.did)
    assert found.issuer == "did:web:a.example"
    scene.vouchers.clear()
    assert await refused(scene, scene.shown()) == "issuer"


async def test_an_issuer_vouches_for_listed_types_only() -> None:
    scene = Scene()
    assert await refused(scene, scene.shown(scene.payload(scene.said(type="pilot")))) == "issuer"
    scene.vouchers[:] = [Voucher("did:web:a.example", ("*",))]
    assert (
        await scene.verifier.verify(scene.shown(scene.payload(scene.said(type="pilot"))), ALICE)
    ).type == "pilot"


async def test_a_peers_ca_does_not_vouch_for_agents_of_others() -> None:
    scene = Scene()
    bob = PartyId("bob", "b.example")
    assert await refused(scene, scene.shown(scene.payload(scene.said(subject=bob.did))), bob) == "issuer"


async def test_a_credential_is_of_use_to_its_subject_only() -> None:
    scene = Scene()
    assert await refused(scene, scene.shown(), PartyId("mallory", "a.example")) == "subject"


async def test_a_credential_has_a_beginning_and_an_end() -> None:
    scene = Scene()
    text = scene.shown()
    scene.clock.now -= DAY
    assert await refused(scene, text) == "not yet valid"
    scene.clock.now += 40 * DAY
    assert await refused(scene, text) == "expired"


async def test_a_revoked_credential_is_refused_whatever_its_holder_shows_along() -> None:
    scene = Scene()
    payload = scene.payload()
    before = scene.status()
    assert await scene.verifier.verify(scene.shown(payload, before), ALICE)
    scene.clock.now += 1
    assert await refused(scene, scene.shown(payload, scene.status(PLACE))) == "revoked"
    assert await refused(scene, scene.shown(payload, before)) == "revoked"
    assert await refused(scene, scene.shown(payload, "")) == "revoked"


async def test_a_status_list_that_is_missing_or_too_old_is_refused() -> None:
    scene = Scene(credential_status_s=300)
    assert await refused(scene, scene.shown(status="")) == "status"
    assert await refused(scene, scene.shown(status=scene.status(age_s=400))) == "status"
    text = scene.shown()
    assert await scene.verifier.verify(text, ALICE)
    scene.clock.now += 400
    assert await refused(scene, text) == "status"
    newer = scene.shown()
    assert await scene.verifier.verify(newer, ALICE)


async def test_a_status_list_of_another_issuer_or_place_proves_nothing() -> None:
    scene = Scene()
    other = scene.b.party(CA, Role.SERVICE).credentials
    assert await refused(scene, scene.shown(status=scene.status(ca=other))) == "status"
    assert await refused(scene, scene.shown(status=scene.status(url="https://a.example/x"))) == "status"
    short = scene.payload() | {"credentialStatus": _status(scene, index=1 << 20)}
    assert await refused(scene, scene.shown(short)) == "status"


def _status(scene: Scene, index: int) -> dict[str, object]:
    found = scene.payload()["credentialStatus"]
    assert isinstance(found, dict)
    return found | {"statusListIndex": str(index)}


async def test_what_the_deny_list_names_is_revoked_at_once() -> None:
    scene = Scene()
    said = scene.said()
    text = scene.shown(scene.payload(said))
    assert await scene.verifier.verify(text, ALICE)
    scene.trust.deny("a.example", uuid.UUID(said.id).int)
    assert await refused(scene, text) == "revoked"


async def test_when_the_cas_certificate_is_revoked_nothing_of_it_counts() -> None:
    scene = Scene()
    text = scene.shown()
    assert await scene.verifier.verify(text, ALICE)
    scene.trust.deny("a.example", scene.ca.identity.serial)
    assert await refused(scene, text) == "signature"


async def test_only_the_ca_of_the_domain_speaks_for_it() -> None:
    scene = Scene()
    others = [
        scene.a.credentials("ops", Role.AGENT),
        scene.a.party("registry", Role.SERVICE).credentials,
        scene.b.party(CA, Role.SERVICE).credentials,
    ]
    for other in others:
        text = f"{sign_as_ca(scene.payload(), other)}~{scene.status()}"
        assert await refused(scene, text) == "signature"


async def test_our_own_ca_counts_without_being_listed_and_is_asked_for_its_list() -> None:
    scene = Scene()
    scene.vouchers.clear()
    ca, bob = scene.b.party(CA, Role.SERVICE).credentials, PartyId("bob", "b.example")
    said = scene.said(issuer=did_of_domain("b.example"), subject=bob.did)
    scene.own_list = scene.status(ca=ca)
    assert await scene.verifier.verify(sign_as_ca(scene.payload(said), ca), bob)
    scene.clock.now += 400
    scene.own_list = scene.status(PLACE, ca=ca)
    assert await refused(scene, sign_as_ca(scene.payload(said), ca), bob) == "revoked"


async def test_a_third_party_with_a_did_key_counts_when_it_is_listed() -> None:
    scene, college = Scene(), KeyIssuer()
    said = scene.said(issuer=college.did)
    text = college.sign(make_payload(said, scene.clock(), None))
    assert await refused(scene, text) == "issuer"
    scene.vouchers.append(Voucher(college.did, (QUALIFIED,)))
    assert await scene.verifier.verify(text, ALICE) == said
    forged = KeyIssuer().sign(make_payload(said, scene.clock(), None))
    assert await refused(scene, forged) == "signature"


async def test_nothing_is_fetched_for_an_issuer_that_is_not_listed() -> None:
    scene, stranger = Scene(), KeyIssuer()
    text = stranger.sign(make_payload(scene.said(issuer="did:web:evil.example"), scene.clock(), None))
    assert await refused(scene, text) == "issuer"
    assert scene.web.fetched == []


async def test_a_third_party_on_the_web_is_looked_up_and_its_list_too() -> None:
    scene = Scene()
    scene.trust.remove("a.example")  # now it is any other site, and its agents are strangers' agents
    ca = scene.ca
    scene.web.pages["https://a.example/.well-known/did.json"] = domain_document(
        "a.example", ca.key.public
    ).to_json()
    text = sign_as_ca(scene.payload(), ca)
    assert await refused(scene, text) == "status"  # there is no list
    scene.web.pages["https://a.example/credentials/status"] = scene.status().encode()
    assert await scene.verifier.verify(text, ALICE)
    scene.clock.now += 400
    scene.web.pages["https://a.example/credentials/status"] = scene.status(PLACE).encode()
    assert await refused(scene, text) == "revoked"


async def test_an_issuer_with_lists_without_end_fills_no_memory() -> None:
    scene = Scene()
    kept = scene.verifier._statuses._kept
    await scene.verifier.verify(scene.shown(), ALICE)
    for number in range(LISTS_OF_AN_ISSUER + 5):
        url = f"https://a.example/{number}"
        payload = make_payload(scene.said(), scene.clock(), StatusEntry(url, PLACE))
        await scene.verifier.verify(scene.shown(payload, scene.status(url=url)), ALICE)
    assert len(kept) == LISTS_OF_AN_ISSUER
