"""Coming back after a revocation (CA-7): the same home, the same name, another certificate."""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from cryptography import x509

from overlay.agent.newcomer import newcomer, not_let_in
from overlay.ca.client import CaClient
from overlay.ca.revocation.restore_token import RestoreToken, parse_restore_token
from overlay.clock import system_clock
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.errors import BadInput, BadSettings, Unreachable
from overlay.naming.ids import PartyId
from overlay.private_files import read_private, write_private
from overlay.settings import Settings
from overlay.trust.bundle import load_certificate
from overlay.trust.credentials import Credentials, roots_from_pem
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SealingKey, SigningKey
from overlay.trust.serials import serial_text

_NEW_KEY = "reclaiming.key"


async def reclaim(home: Home, text: str, settings: Settings) -> None:
    """Give the agent in `home` its name back by a restoring token; nothing, if that was done before or the
    token is another agent's. State, outbox and, unless the old key leaked, keys stay. May be called again
    when the CA's answer was lost.

    Raises BadInput, BadSettings, Refused (the CA says why), Unavailable.
    """
    token = parse_restore_token(text)
    if not home.exists():
        raise BadSettings(
            f"{home.folder} is no agent's home, and a restoring token is for the home that {token.name} has: "
            "if it is lost, the operator makes a join token (`overlay ca token NAME --again`)"
        )
    card = DomainCard.from_bytes(token.domain_card)
    own = home.load(settings).credentials
    if not _concerns(home, own, token, PartyId.of(token.name, card.domain)):
        return
    if token.expires_at < system_clock():
        raise BadInput(f"the restoring token of {token.name} has expired: ask the operator for a new one")
    kept = home.folder / _NEW_KEY
    key = _new_key(kept) if token.new_key else own.key
    issued = await _ask(home.folder, token, card, key, settings)
    sealing = (SealingKey.generate(), *own.sealing) if token.new_key else own.sealing
    home.save_card(card)
    home.save_renewed(Credentials(issued, key, sealing, roots_from_pem(b"".join(card.roots))))
    kept.unlink(missing_ok=True)


def _concerns(home: Home, own: Credentials, token: RestoreToken, party: PartyId) -> bool:
    """Whether the home is the agent's, and has no certificate that is later than the token."""
    if own.party != party:
        return False
    if (home.folder / _NEW_KEY).exists() or serial_text(own.identity.serial) == token.restores:
        return True
    enrolment = load_certificate(token.certificate)
    return own.certificate.not_valid_before_utc < enrolment.not_valid_before_utc


def _new_key(kept: Path) -> SigningKey:
    """The same when it is tried again: the CA answers a spent token to the same key once more."""
    if not kept.exists():
        write_private(kept, SigningKey.generate().to_pem())
    return SigningKey.from_pem(read_private(kept))


async def _ask(
    folder: Path, token: RestoreToken, card: DomainCard, key: SigningKey, settings: Settings
) -> x509.Certificate:
    with tempfile.TemporaryDirectory(prefix=".reclaiming-", dir=folder) as draft:
        party = newcomer(token.certificate, token.key, card, Path(draft), settings)
        async with AsyncExitStack() as stack:
            try:
                endpoint = await stack.enter_async_context(Endpoint.open(party))
            except Unreachable as error:
                raise Unreachable(not_let_in(error, "restoring")) from error
            csr = make_csr(key, PartyId.of(token.name, card.domain))
            return await CaClient(endpoint).reclaim(token.name, csr)
