"""From a DID to its document: did:key by itself, did:web of our agents by the registry, others by the web."""

from __future__ import annotations

from collections import OrderedDict

from overlay.clock import Clock
from overlay.credentials.did import Did, party_of_did, web_url
from overlay.credentials.did_document import DidDocument, agent_document, key_document, parse_document
from overlay.credentials.ports import Surroundings, Web
from overlay.errors import BadName
from overlay.settings import Settings

DOCUMENT_TYPES = (
    "application/did",
    "application/did+json",
    "application/did+ld+json",
    "application/json",
    "application/ld+json",
)


class DidResolver:
    """Keeps what it fetched from the web for a while; the overlay's own it asks for each time (those who
    answer keep them).
    """

    def __init__(self, around: Surroundings, web: Web, settings: Settings, clock: Clock) -> None:
        self._around = around
        self._web = web
        self._settings = settings
        self._clock = clock
        self._kept: OrderedDict[str, tuple[float, DidDocument]] = OrderedDict()

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
        kept = self._kept.get(text)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        limit = self._settings.did_document_bytes
        data = await self._web.get(web_url(did), DOCUMENT_TYPES, limit)
        document = parse_document(data, text, limit)
        self._kept.pop(text, None)
        self._kept[text] = (self._clock() + self._settings.did_cache_s, document)
        if len(self._kept) > self._settings.did_cache_size:
            self._kept.popitem(last=False)
        return document
