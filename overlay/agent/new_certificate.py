"""Asking the CA for a new certificate with a new key, and saving both in the agent's folder (CA-5)."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

from overlay.agent.errand import errand
from overlay.ca.client import CaClient
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.errors import BadCertificate, Expired, OverlayError, Refused
from overlay.private_files import read_private, write_private
from overlay.settings import Settings
from overlay.trust.credentials import Credentials, sealing_from_pem
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SealingKey, SigningKey
from overlay.turn import turn


async def renew_now(home: Home, settings: Settings) -> Party:
    """Renew, whoever else runs: the agent's processes find what is saved. Raises Expired, and as `renew`."""
    party = home.load(settings)
    check_not_expired(party, home)
    async with errand(party, home) as endpoint, turn(home.lock):
        return await renew(endpoint, home)


async def renew(endpoint: Endpoint, home: Home) -> Party:
    """Ask the CA for a new certificate with a new key, and save both. Call it in the folder's turn.

    The key is kept while the answer is not there: the CA gives the same answer to it again, so that nothing
    is left over. Raises Refused, Unavailable, BadSettings, BadCertificate.
    """
    party = endpoint.party
    old = party.credentials
    kept = home.folder / "renewing.key"
    try:
        key = _kept_key(kept, old)
        certificate = await CaClient(endpoint).renew(make_csr(key, endpoint.me))
    except Refused:
        kept.unlink(missing_ok=True)
        raise
    _check(certificate, endpoint)
    sealing = _sealing_keys(home, party)
    home.save_renewed(Credentials(certificate, key, sealing, old.roots))
    kept.unlink()
    return home.load(endpoint.settings, party.clock)


def check_not_expired(party: Party, home: Home, why: OverlayError | None = None) -> None:
    """Raises Expired, saying what to do, when the party's certificate has ended."""
    identity = party.credentials.identity
    if party.clock() <= identity.not_after:
        return
    name = identity.party.name
    reason = f" and could not be renewed ({why})" if why else ""
    raise Expired(
        f"the certificate of {identity.party} ended on {date_of(identity.not_after)}{reason}: remove "
        f"{home.folder} and join again, with a token that the operator makes with `overlay ca token {name} "
        "--again`"
    )


def date_of(seconds: float) -> str:
    """A moment, for people."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _kept_key(kept: Path, old: Credentials) -> SigningKey:
    if kept.exists():
        key = SigningKey.from_pem(read_private(kept))
        if key.public != old.key.public:  # else we were ended between saving its certificate and this
            return key
    key = SigningKey.generate()
    write_private(kept, key.to_pem())
    return key


def _check(certificate: x509.Certificate, endpoint: Endpoint) -> None:
    renewed = endpoint.trust.verify(certificate, endpoint.party.clock())
    if (renewed.party, renewed.role) != (endpoint.me, endpoint.identity.role):
        raise BadCertificate(f"the CA answered with a certificate of {renewed.party} ({renewed.role})")


def _sealing_keys(home: Home, party: Party) -> tuple[SealingKey, ...]:
    """A new one in front, once nobody can use the one before the last any more."""
    settings = party.settings
    keys = sealing_from_pem(read_private(home.sealing))
    used_s = settings.key_card_lifetime_s + settings.message_key_lifetime_s + settings.max_deadline_s
    made: float = home.sealing.stat().st_mtime
    if party.clock() - made < used_s:
        return keys
    return SealingKey.generate(), keys[0]
