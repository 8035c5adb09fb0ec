"""A verifier of credentials for an endpoint: its domain's registry and CA answer what it has to know."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from importlib import import_module

from overlay.ca.credentials.client import CredentialClient
from overlay.ca.credentials.protocol import ENDED_NEWS, CredentialEnded
from overlay.credentials.issuers import IssuerList
from overlay.credentials.ports import Web
from overlay.credentials.resolver import DidResolver
from overlay.credentials.verifier import CredentialVerifier
from overlay.endpoint.directory import Directory
from overlay.endpoint.endpoint import Endpoint
from overlay.errors import BadSignature, NotFound
from overlay.naming.ids import CA, PartyId
from overlay.registry.client import RegistryClient
from overlay.settings import Settings
from overlay.trust.keycard import KeyCard
from overlay.trust.serials import parse_serial
from overlay.trust.signed import open_from
from overlay.wire.request import decode_struct


def verifier_at(
    endpoint: Endpoint, web: Web | None = None, cards: Directory | None = None
) -> CredentialVerifier:
    """For what others present to this endpoint. `web`: instead of HTTPS; `cards`: instead of the registry."""
    around = EndpointSurroundings(endpoint, cards)
    settings, clock = endpoint.settings, endpoint.party.clock
    return CredentialVerifier(endpoint.trust, around, web or _WebWhenNeeded(settings), settings, clock)


def resolver_at(endpoint: Endpoint, web: Web | None = None) -> DidResolver:
    """Of DIDs, seen from this endpoint. `web`: instead of HTTPS."""
    settings, clock = endpoint.settings, endpoint.party.clock
    return DidResolver(EndpointSurroundings(endpoint), web or _WebWhenNeeded(settings), settings, clock)


def follow_ended(endpoint: Endpoint) -> None:
    """From now on deny each credential that our CA takes back as soon as it says so."""

    def heard(statement: bytes) -> None:
        trust = endpoint.trust
        payload = open_from(CA, ENDED_NEWS, statement, trust, endpoint.party.clock())
        trust.deny(trust.own, parse_serial(decode_struct(payload, CredentialEnded).serial))

    endpoint.on_news(ENDED_NEWS, CA, heard)


class _WebWhenNeeded:
    """HTTPS, imported at the first fetch: most agents never fetch anything, and all start sooner without."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._web: Web | None = None

    async def get(self, url: str, media_types: Collection[str], limit: int) -> bytes:
        """See `Web.get`. Raises BadSettings, too, when `did_ca_file` cannot be used."""
        if self._web is None:
            self._web = import_module("overlay.credentials.web").HttpsWeb(self._settings)
        return await self._web.get(url, media_types, limit)


class EndpointSurroundings:
    """See `overlay.credentials.ports.Surroundings`."""

    def __init__(self, endpoint: Endpoint, cards: Directory | None = None) -> None:
        self._endpoint = endpoint
        self._cards = cards or RegistryClient(endpoint)
        self._ca = CredentialClient(endpoint)
        self._clock = endpoint.party.clock
        self._asking = asyncio.Lock()
        self._issuers: tuple[float, IssuerList] | None = None

    async def knows(self, domain: str) -> bool:
        """By the endpoint's directory."""
        try:
            await self._endpoint.learn_domain(domain)
        except NotFound:
            return False
        return True

    async def card(self, party: PartyId) -> KeyCard:
        """From the registry, verified under the roots of the party's domain."""
        return await self._cards.card(party)

    async def issuers(self) -> IssuerList:
        """Kept for `Settings.credential_issuers_s`. Raises BadSignature for a list older than the last."""
        async with self._asking:
            kept = self._issuers
            if kept is not None and kept[0] > self._clock():
                return kept[1]
            listed = await self._ca.issuers()
            if kept is not None and listed.made < kept[1].made:
                raise BadSignature(
                    "the CA's list of issuers is older than the one before: it was rolled back"
                )
            self._issuers = (self._clock() + self._endpoint.settings.credential_issuers_s, listed)
            return listed

    async def own_status(self) -> str:
        """The CA is asked."""
        return await self._ca.status()
