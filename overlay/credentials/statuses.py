"""Which credentials were revoked, as one process knows it: lists asked for, or shown by the holder."""

from __future__ import annotations

from collections import OrderedDict

from overlay.clock import Clock
from overlay.credentials.credential import StatusEntry
from overlay.credentials.did import did_of_domain
from overlay.credentials.issuer_keys import IssuerKeys
from overlay.credentials.jose import read_compact
from overlay.credentials.ports import Surroundings, Web
from overlay.credentials.status_list import MAX_STATUS_BYTES, StatusList, parse_status_payload
from overlay.errors import BadCredential, Unavailable
from overlay.settings import Settings

LISTS_OF_AN_ISSUER = 16
"""That are kept: who names ever more lists, which unpack to a lot, pushes out its own."""
STATUS_TYPES = ("application/vc+jwt", "application/jwt")


class Statuses:
    """Keeps each list until it is stale, and never goes back to an earlier one."""

    def __init__(
        self, own: str, keys: IssuerKeys, around: Surroundings, web: Web, settings: Settings, clock: Clock
    ) -> None:
        self._own = did_of_domain(own)
        self._keys = keys
        self._around = around
        self._web = web
        self._settings = settings
        self._clock = clock
        self._kept: OrderedDict[tuple[str, str], tuple[float, StatusList]] = OrderedDict()

    async def check(self, entry: StatusEntry, issuer: str, shown: str) -> None:
        """`shown`: a list that the holder brought along, or nothing.

        Raises BadCredential: revoked, or status unknown, stale or rolled back.
        """
        try:
            found = await self._fresh(entry, issuer, shown)
        except BadCredential as error:
            if str(error).startswith("status: "):
                raise
            raise BadCredential(f"status: the list of {issuer} does not count: {error}") from error
        if found.revoked(entry.index):
            raise BadCredential(f"revoked: {issuer} took this credential back")

    async def _fresh(self, entry: StatusEntry, issuer: str, shown: str) -> StatusList:
        if shown:
            await self._take(shown, entry, issuer, fetched=False)
        kept = self._kept.get((issuer, entry.url))
        if kept is None or kept[0] < self._clock():
            await self._take(await self._fetch(entry, issuer), entry, issuer, fetched=True)
            kept = self._kept.get((issuer, entry.url))
        if kept is None or kept[0] < self._clock():
            raise BadCredential(f"status: {issuer} was not heard of for too long: show a newer list of it")
        return kept[1]

    async def _fetch(self, entry: StatusEntry, issuer: str) -> str:
        try:
            if issuer == self._own:
                return await self._around.own_status()
            if await self._keys.overlay_domain(issuer):
                raise BadCredential(f"status: the holder shows no fresh list of {issuer} with its credential")
            data = await self._web.get(entry.url, STATUS_TYPES, MAX_STATUS_BYTES)
        except Unavailable as error:
            raise BadCredential(f"status: the list of {issuer} cannot be had: {error}") from error
        return data.decode(errors="replace")

    async def _take(self, text: str, entry: StatusEntry, issuer: str, *, fetched: bool) -> None:
        """Keep it if it is proved and newer than what is kept. What is fetched now is good from now on; what
        others bring, from when it was made.
        """
        signed = read_compact(text, MAX_STATUS_BYTES)
        read = parse_status_payload(signed.payload)
        if (read.issuer, read.url) != (issuer, entry.url):
            raise BadCredential(
                f"status: the list is {read.url[:80]!r} of {read.issuer}, not {entry.url[:80]!r}"
            )
        key = (issuer, entry.url)
        kept = self._kept.get(key)
        if kept is not None and read.made <= kept[1].made and not (fetched and read == kept[1]):
            return
        now = self._clock()
        if read.made > now + self._settings.clock_skew_s:
            raise BadCredential(f"status: the list of {issuer} is of the future: compare the clocks")
        await self._keys.check(signed, issuer)
        since = now if fetched else read.made
        until = (
            min(read.valid_until, since + self._settings.credential_status_s) + self._settings.clock_skew_s
        )
        self._kept.pop(key, None)
        self._kept[key] = (until, read)
        same = [one for one in self._kept if one[0] == issuer]
        if len(same) > LISTS_OF_AN_ISSUER:
            del self._kept[same[0]]
        elif len(self._kept) > self._settings.credential_cache_size:
            self._kept.popitem(last=False)
