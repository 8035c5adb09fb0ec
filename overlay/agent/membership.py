"""Becoming a member of a domain: from a join token to credentials (CA-1); the private key never leaves this
folder.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import msgspec
from cryptography import x509

from overlay.agent.joining import Joining
from overlay.agent.newcomer import newcomer, not_let_in
from overlay.agent.reclaiming import reclaim
from overlay.ca.applications.application import Application
from overlay.ca.applications.held import Held
from overlay.ca.applications.join_token import JoinToken, parse_token
from overlay.ca.client import CaClient
from overlay.ca.protocol import Apply
from overlay.ca.revocation.restore_token import is_restore_token
from overlay.clock import system_clock
from overlay.endpoint.domain_card import DomainCard
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.home import Home
from overlay.endpoint.party import Party
from overlay.errors import BadInput, BadSettings, Refused, Unavailable, Unreachable
from overlay.naming.ids import PartyId
from overlay.private_files import private_folder
from overlay.settings import Settings
from overlay.trust.bundle import load_certificate
from overlay.trust.credentials import Credentials
from overlay.trust.issuing import make_csr
from overlay.trust.keys import SealingKey, SigningKey

_log = logging.getLogger("overlay.agent")
AS_THE_TOKEN = Application()
"""An application that says what its join token says, and claims all that it permits."""


async def join_or_load(
    folder: Path, token: str, settings: Settings, application: Application = AS_THE_TOKEN
) -> Party:
    """The member whose home `folder` is; who becomes one by `token` first where there is none yet. One who
    waits for an administrator needs no token again.

    Raises BadSettings, Refused (the CA says why), Unavailable, Held (an administrator takes too long).
    """
    home = Home(folder)
    if is_restore_token(token):
        await reclaim(home, token, settings)
    if not home.exists():
        given = parse_token(token) if token else Joining(folder).token()
        if given is None:
            raise BadSettings(
                f"{folder} is no agent's home: get a join token from the domain's operator "
                "(`overlay ca token NAME --skill SKILL`) and give it"
            )
        await join(home, given, settings, application)
    return home.load(settings)


async def join(
    home: Home, token: JoinToken, settings: Settings, application: Application = AS_THE_TOKEN
) -> None:
    """Apply with the token, and save what the CA answers; while an administrator has to decide, ask again and
    again, for up to `join_wait_s`. May be called again when the answer was lost, or did not come in time.

    Raises BadInput, Refused, Unavailable, Held; after Refused the folder is as it was.
    """
    joining = Joining(home.folder)
    if home.folder.exists():
        joining.begin(token)
    _check_in_time(joining, token)
    private_folder(home.folder)
    card = DomainCard.from_bytes(token.domain_card)
    roots = tuple(x509.load_pem_x509_certificate(pem) for pem in card.roots)
    tried_before = joining.begun
    key = joining.key()
    applicant = _Applicant(joining, token, application.over(token.terms), card, key, settings)
    try:
        issued = await applicant.apply_until_decided(home.folder)
    except (Refused, _NotLetIn) as error:
        if not tried_before or isinstance(error, Refused):
            joining.give_up()
        raise
    home.save(Credentials(issued, key, (SealingKey.generate(),), roots), card)
    joining.forget()


def _check_in_time(joining: Joining, token: JoinToken) -> None:
    """Raises BadInput when the CA would not even listen; what waited is forgotten then."""
    held = joining.held()
    ends = load_certificate(held.enrolment).not_valid_after_utc.timestamp() if held else token.expires_at
    if ends >= system_clock():
        return
    if held:
        joining.give_up()
    raise BadInput(f"the join token of {token.name} has expired: ask its domain's operator for a new one")


class _NotLetIn(Unreachable):
    """The CA was not even asked."""


@dataclass(frozen=True)
class _Applicant:
    """One who applies."""

    joining: Joining
    token: JoinToken
    application: Application
    card: DomainCard
    key: SigningKey
    settings: Settings

    async def apply_until_decided(self, folder: Path) -> x509.Certificate:
        """Waits ever longer between questions, so that many newcomers do not burden the CA."""
        give_up_at = asyncio.get_running_loop().time() + self.settings.join_wait_s
        wait_s = self.settings.join_retry_s
        told = False
        while True:
            try:
                return await self._apply(folder)
            except Held as held:
                self.joining.hold(self.token, held)
                if not told:
                    told = True
                    self._tell(held)
                passed: Unavailable = held
            except Unavailable as error:
                if self.joining.held() is None:
                    raise
                passed = error
            if asyncio.get_running_loop().time() + wait_s > give_up_at:
                raise passed
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, self.settings.join_retry_max_s)

    def _tell(self, held: Held) -> None:
        _log.warning(
            "%s: the application is request %s, for the operator to decide; asks again for up to %.0f s",
            *(self.token.name, held.request, self.settings.join_wait_s),
        )

    async def _apply(self, folder: Path) -> x509.Certificate:
        csr = make_csr(self.key, PartyId.of(self.token.name, self.card.domain))
        ask = Apply(self.token.name, csr, **msgspec.structs.asdict(self.application))
        held = self.joining.held()
        certificate = held.enrolment if held else self.token.certificate
        with tempfile.TemporaryDirectory(prefix=".joining-", dir=folder) as draft:
            party = newcomer(certificate, self.token.key, self.card, Path(draft), self.settings)
            async with AsyncExitStack() as stack:
                try:
                    endpoint = await stack.enter_async_context(Endpoint.open(party))
                except Unreachable as error:
                    raise _NotLetIn(not_let_in(error, "join")) from error
                return await CaClient(endpoint).apply(ask)
