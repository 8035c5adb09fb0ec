"""From a DID to its document: did:key by itself, did:web of our agents by the registry, others by the web."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from weakref import WeakValueDictionary

from overlay.clock import Clock
from overlay.credentials.did import Did, party_of_did, web_url
from overlay.credentials.did_document import DidDocument, agent_document, key_document, parse_document
from overlay.credentials.ports import Surroundings, Web
from overlay.errors import BadCredential, BadName, OverlayError, Unavailable
from overlay.settings import Settings

DOCUMENT_TYPES = (
    "application/did",
    "application/did+json",
    "application/did+ld+json",
    "application/json",
    "application/ld+json",
)


class DidResolver:
    """Keeps what it fetched from the web for a while, also that it could not be had: strangers who show a
    credential make us fetch. The overlay's own it asks for each time (those who answer keep them).
    """

    def __init__(self, around: Surroundings, web: Web, settings: Settings, clock: Clock) -> None:
        self._around = around
        self._web = web
        self._settings = settings
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, DidDocument | OverlayError]] = OrderedDict()
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    async def resolve(self, text: str) -> DidDocument:
        """The document of a DID, which is of exactly this DID.

        Raises BadName (no DID, or of another method than did:key and did:web), NotFound, Untrusted,
        Unavailable.
        """
        did = Did.parse(text)
        if did.method == "key":
            return key_document(text)
        if did.method != "web":
            raise BadName(
                f"{text} is of the method {did.method!r}: only did:web and did:key are resolved here"
            )
        party = party_of_did(text)
        if party is not None and await self._around.knows(party.domain):
            return agent_document(await self._around.card(party))
        return await self._from_web(did)

    async def _from_web(self, did: Did) -> DidDocument:
        text = str(did)
        turn = self._turns.setdefault(text, asyncio.Lock())
        async with turn:
            kept = self._kept.get(text)
            if kept is None or kept[0] <= self._clock():
                kept = self._keep(text, await self._fetch(did, text))
        if isinstance(kept[1], OverlayError):
            raise type(kept[1])(str(kept[1]))
        return kept[1]

    async def _fetch(self, did: Did, text: str) -> DidDocument | OverlayError:
        limit, url = self._settings.did_document_bytes, web_url(did)
        try:
            return parse_document(await self._web.get(url, DOCUMENT_TYPES, limit), text, limit)
        except (BadCredential, Unavailable) as error:
            return error

    def _keep(self, text: str, found: DidDocument | OverlayError) -> tuple[float, DidDocument | OverlayError]:
        good_s = self._settings.did_cache_s
        if isinstance(found, OverlayError):
            good_s = min(good_s, self._settings.did_again_s)
        kept = (self._clock() + good_s, found)
        self._kept.pop(text, None)
        self._kept[text] = kept
        if len(self._kept) > self._settings.did_cache_size:
            self._kept.popitem(last=False)
        return kept
