from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from overlay.errors import BadCertificate, Expired
from overlay.naming.ids import PartyId, link_name
from overlay.trust import profile
from overlay.trust.bundle import TrustBundle, TrustStore, UnknownDomain
from overlay.trust.identity import Role, names_of
from overlay.trust.keys import SigningKey
from tests.forgery import DAY_S, CleanRoom

NOW = 1_800_000_000.0
ALICE = PartyId("alice", "a.example")
OURS = CleanRoom("a.example", NOW)
PEER = CleanRoom("b.example", NOW)
TEMPLATE = OURS.template(ALICE)


def _refused(certificate: x509.Certificate, why: str, store: TrustStore | None = None) -> None:
    with pytest.raises(BadCertificate, match=why):
        (store or OURS.store(PEER)).verify(certificate, NOW)


def test_the_template_of_forgeries_is_good_until_it_is_changed() -> None:
    assert OURS.store().verify(TEMPLATE.sign(), NOW).party == ALICE


def test_a_foreign_ca_cannot_make_our_alice() -> None:
    _refused(CleanRoom("a.example", NOW).template(ALICE).sign(), "no root pinned")


def test_a_pinned_peer_cannot_speak_for_our_domain() -> None:
    _refused(TEMPLATE.changed(signer=PEER), "no root pinned")


def test_naming_our_root_as_issuer_does_not_help() -> None:
    _refused(TEMPLATE.changed(signer=PEER, issuer=OURS.root.subject), "did not sign")


def test_a_self_signed_certificate_proves_nothing() -> None:
    room = CleanRoom("a.example", NOW)
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "alice")])
    _refused(replace(room.template(ALICE), key=room.root_key.public, issuer=subject).sign(), "no root pinned")


def test_an_unknown_domain_is_named() -> None:
    stranger = CleanRoom("c.example", NOW).party("mallory")
    with pytest.raises(UnknownDomain) as caught:
        OURS.store().verify(stranger.certificate, NOW)
    assert caught.value.domain == "c.example"


def test_validity_has_the_allowed_skew_and_no_more() -> None:
    store = TrustStore(OURS.bundle, skew_s=5)
    certificate = TEMPLATE.sign()
    for moment in (NOW - 5, NOW, NOW + DAY_S + 5):
        assert store.verify(certificate, moment).party == ALICE
    with pytest.raises(Expired, match="renew"):
        store.verify(certificate, NOW + DAY_S + 6)
    with pytest.raises(BadCertificate, match="not valid before"):
        store.verify(certificate, NOW - 6)


def test_a_certificate_cannot_outlive_its_root() -> None:
    _refused(TEMPLATE.changed(end=NOW + 2000 * DAY_S), "outlives")


def test_a_certificate_must_look_as_ours_do() -> None:
    critical = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4.5"), b"\x05\x00")
    forgeries = [
        (TEMPLATE.changed(constraints=x509.BasicConstraints(ca=True, path_length=0)), "no CA"),
        (TEMPLATE.changed(usage=profile.key_usage(root=True)), "for signatures"),
        (TEMPLATE.changed(purposes=profile.purposes(Role.BROKER)), "purposes"),
        (TEMPLATE.changed(extra=critical), "critical extension"),
        (TEMPLATE.changed(key=ec.generate_private_key(ec.SECP384R1()).public_key()), "P-256"),
        (TEMPLATE.changed(key=rsa.generate_private_key(65537, 2048).public_key()), "P-256"),
        (TEMPLATE.changed(key=ed25519.Ed25519PrivateKey.generate().public_key()), "P-256"),
    ]
    for certificate, why in forgeries:
        _refused(certificate, why)


def test_an_identity_must_be_exact() -> None:
    did, role = TEMPLATE.uris
    forgeries = [
        (TEMPLATE.changed(common_name="bob"), "subject"),
        (TEMPLATE.changed(uris=(did,)), "role"),
        (TEMPLATE.changed(uris=(did, "urn:agent-overlay:role:emperor")), "unknown here"),
        (TEMPLATE.changed(uris=(did, role, "urn:agent-overlay:role:operator")), "role"),
        (TEMPLATE.changed(uris=(did, did.replace("alice", "bob"), role)), "did:web"),
        (TEMPLATE.changed(uris=(role, did)), "not written"),
        (TEMPLATE.changed(uris=(did, role, "https://a.example")), "not written"),
        (TEMPLATE.changed(uris=(did, role, "urn:agent-overlay:peer:b.example")), "cannot be the name"),
        (TEMPLATE.changed(uris=(did + "%00", role)), "no party"),
        (TEMPLATE.changed(dns=("alice.a.example",)), "host names"),
    ]
    for certificate, why in forgeries:
        _refused(certificate, why)


def test_an_agent_cannot_hold_a_name_of_the_domain_itself() -> None:
    for name in ("ca", "registry", "gw", "operator", "join-1", link_name("b.example")):
        _refused(OURS.template(PartyId(name, "a.example")).sign(), "cannot be the name")


def test_a_denied_serial_is_refused_until_it_is_allowed() -> None:  # CA-6, CA-7
    store = OURS.store(PEER)
    first, second = OURS.party("alice"), OURS.party("alice")
    store.verify(first.certificate, NOW)
    store.deny("a.example", first.identity.serial)
    store.deny("b.example", second.identity.serial)
    _refused(first.certificate, "revoked", store)
    assert store.verify(second.certificate, NOW).party == ALICE
    store.allow("a.example", first.identity.serial)
    assert store.verify(first.certificate, NOW).party == ALICE


def test_a_removed_domain_is_believed_no_more() -> None:
    store = OURS.store(PEER)
    bob = PEER.party("bob")
    store.verify(bob.certificate, NOW)
    store.remove("b.example")
    _refused(bob.certificate, "unknown here", store)
    with pytest.raises(BadCertificate):
        store.remove("a.example")


def test_a_root_is_pinned_for_its_own_domain_only() -> None:
    with pytest.raises(BadCertificate, match="cannot be pinned"):
        TrustBundle("a.example", (PEER.root,))
    with pytest.raises(BadCertificate, match="CA"):
        TrustBundle("a.example", (TEMPLATE.sign(),))


def test_two_roots_overlap_while_a_new_one_takes_over() -> None:
    later = CleanRoom("a.example", NOW)
    store = TrustStore(TrustBundle("a.example", (OURS.root, later.root)))
    for room in (OURS, later):
        assert store.verify(room.party("alice").certificate, NOW).party == ALICE


def test_a_bundle_survives_its_bytes_and_nothing_else_is_one() -> None:
    assert TrustBundle.from_bytes(PEER.bundle.to_bytes()) == PEER.bundle
    for data in (b"", b"\x92\xa1a\x90", PEER.bundle.to_bytes()[:-1]):
        with pytest.raises(BadCertificate):
            TrustBundle.from_bytes(data)


_names = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,39}", fullmatch=True)
_domains = st.from_regex(
    r"[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,6}[a-z0-9])?){0,3}", fullmatch=True
)
_agents = st.builds(PartyId, _names.map(lambda name: f"x{name}"[:40]), _domains)


@settings(deadline=None, max_examples=100)
@given(_agents, _agents)
def test_two_identities_are_never_written_alike(one: PartyId, other: PartyId) -> None:
    assert (names_of(one, Role.AGENT) == names_of(other, Role.AGENT)) == (one == other)


@settings(deadline=None, max_examples=25)
@given(_agents)
def test_every_name_can_be_certified_and_read_again(party: PartyId) -> None:
    room = CleanRoom(party.domain, NOW)
    certificate = room.issuer.issue(SigningKey.generate().public, party, Role.AGENT, DAY_S, NOW)
    assert room.store().verify(certificate, NOW).party == party
