"""A gateway whose certificate is of a root that its peer has not heard of yet still links (CA-5)."""

from __future__ import annotations

import time

import pytest

from bridges.links.handshake import AcceptorHandshake, DiallerHandshake
from overlay.errors import BadCertificate, BadSignature
from overlay.naming.ids import CA, GATEWAY
from overlay.trust.bundle import TrustBundle
from overlay.trust.bundle_news import sign_bundle_news
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from tests.gateway.gateways import LIMIT, Domain, acceptor, trust

OLD, NEW, PEER = Domain("a.example"), Domain("a.example"), Domain("b.example")


def news_by(signer: Credentials) -> bytes:
    """The roots of a.example since it has the new one."""
    return sign_bundle_news(TrustBundle("a.example", (*NEW.bundle.roots, *OLD.bundle.roots)), 7, signer)


def greeting(news: bytes) -> DiallerHandshake:
    """Of the gateway that was renewed."""
    return DiallerHandshake(NEW.gateway, "s0", trust(PEER), LIMIT, news=news)


def test_whoever_greets_proves_its_new_root_by_the_word_of_its_ca() -> None:
    dialling = greeting(news_by(OLD.issue(CA, Role.SERVICE)))
    accepting = acceptor(PEER, OLD, dialling.hello)
    finish, _ = dialling.welcomed(accepting.welcome, time.time())
    assert accepting.finished(finish).serial == NEW.gateway.identity.serial


def test_whoever_is_greeted_proves_its_new_root_by_the_word_of_its_ca() -> None:
    dialling = DiallerHandshake(PEER.gateway, "s0", trust(OLD), LIMIT)
    news = news_by(OLD.issue(CA, Role.SERVICE))
    accepting = AcceptorHandshake(
        NEW.gateway, "s1", trust(PEER), dialling.hello, time.time(), LIMIT, news=news
    )
    _, established = dialling.welcomed(accepting.welcome, time.time())
    assert established.serial == NEW.gateway.identity.serial


@pytest.mark.parametrize(
    ("signer", "error"),
    [
        pytest.param(NEW.issue(CA, Role.SERVICE), BadCertificate, id="of the root that is not pinned"),
        pytest.param(OLD.issue(GATEWAY, Role.GATEWAY), BadSignature, id="no CA"),
        pytest.param(PEER.issue(CA, Role.SERVICE), BadCertificate, id="of another domain"),
    ],
)
def test_the_word_of_anybody_else_proves_no_root(signer: Credentials, error: type[Exception]) -> None:
    with pytest.raises(error):
        acceptor(PEER, OLD, greeting(news_by(signer)).hello)
