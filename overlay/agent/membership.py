"""Becoming a member of a domain: from a join token to credentials (CA-1); the private key never leaves this
folder.
"""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization

from overlay.ca.client import CaClient
from overlay.ca.join_token import JoinToken, parse_token
from overlay.ca.protocol import Apply
from overlay.clock import system_clock
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.errors import BadInput, BadSettings, Refused, Unreachable
from overlay.naming.ids import PartyId
from overlay.private_files import private_folder, read_private, write_private
from overlay.settings import Settings
from overlay.transport.address import TlsFiles
from overlay.trust.credentials import Credentials
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SealingKey, SigningKey

_PEM = serialization.Encoding.PEM


async def join_or_load(folder: Path, token: str, settings: Settings) -> Party:
    """The member whose home `folder` is; who becomes one by `token` first where there is none yet.

    Raises BadSettings, Refused (the CA says why), Unavailable.
    """
    home = Home(folder)
    if not home.exists():
        if not token:
            raise BadSettings(
                f"{folder} is no agent's home: get a join token from the domain's operator "
                "(`overlay ca token NAME --skill SKILL`) and give it"
            )
        await join(home, parse_token(token), settings)
    return home.load(settings)


async def join(home: Home, token: JoinToken, settings: Settings) -> None:
    """Apply with the token, and save what the CA answers. May be called again when its answer was lost.

    Raises BadInput, Refused, Unavailable; then the folder is as it was, unless the CA may have agreed.
    """
    if token.expires_at < system_clock():
        raise BadInput(f"the join token of {token.name} has expired: ask its domain's operator for a new one")
    private_folder(home.folder)
    card = DomainCard.from_bytes(token.domain_card)
    roots = tuple(x509.load_pem_x509_certificate(pem) for pem in card.roots)
    kept = home.folder / "joining.key"
    tried_before = kept.exists()
    key = _kept_key(kept)
    try:
        issued = await _apply(home.folder, token, card, key, settings)
    except (Refused, _NotLetIn) as error:
        if not tried_before or isinstance(error, Refused):
            _forget(kept)
        raise
    home.save(Credentials(issued, key, (SealingKey.generate(),), roots), card)
    kept.unlink()


class _NotLetIn(Unreachable):
    """The CA was not even asked."""


async def _apply(
    folder: Path, token: JoinToken, card: DomainCard, key: SigningKey, settings: Settings
) -> x509.Certificate:
    with tempfile.TemporaryDirectory(prefix=".joining-", dir=folder) as draft:
        newcomer = _newcomer(token, card, Path(draft), settings)
        async with AsyncExitStack() as stack:
            try:
                endpoint = await stack.enter_async_context(Endpoint.open(newcomer))
            except Unreachable as error:
                raise _NotLetIn(f"{error}. A join token is good once: was this one used before?") from error
            csr = make_csr(key, PartyId.of(token.name, card.domain))
            return await CaClient(endpoint).apply(Apply(token.name, csr, token.skills, token.organisation))


def _forget(kept: Path) -> None:
    """The key, and the folder if nothing else is in it."""
    kept.unlink()
    if not any(kept.parent.iterdir()):
        kept.parent.rmdir()


def _kept_key(file: Path) -> SigningKey:
    """The same key when it is tried again: the CA answers a spent token to the same key once more."""
    if not file.exists():
        write_private(file, SigningKey.generate().to_pem())
    return SigningKey.from_pem(read_private(file))


def _newcomer(token: JoinToken, card: DomainCard, draft: Path, settings: Settings) -> Party:
    roots = tuple(x509.load_pem_x509_certificate(pem) for pem in card.roots)
    certificate = x509.load_der_x509_certificate(token.certificate)
    tls = TlsFiles(draft / "roots.pem", draft / "certificate.pem", draft / "key.pem")
    write_private(tls.ca, b"".join(card.roots))
    write_private(tls.certificate, certificate.public_bytes(_PEM))
    write_private(tls.key, token.key)
    key = SigningKey.from_pem(token.key)
    credentials = Credentials(certificate, key, (SealingKey.generate(),), roots)
    return Party(credentials, card, settings, tls)
