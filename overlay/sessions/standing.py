"""Who may do what in a record: by the channel's signed roster, and when it is over by who was in it."""

from __future__ import annotations

import logging

from overlay.errors import NotFound, NotPermitted, Refused
from overlay.naming.ids import PartyId
from overlay.sessions.book import Book
from overlay.sessions.companies import Companies, Table
from overlay.sessions.company import Company
from overlay.sessions.watching import Watching
from overlay.settings import Settings

_log = logging.getLogger("overlay.sessions")


class Standing:
    """What the registry tells of a channel is written down before it counts here."""

    def __init__(self, me: str, book: Book, watching: Watching, table: Table, settings: Settings) -> None:
        self._me = me
        self._book = book
        self._watching = watching
        self._companies = Companies(table, settings, self._changed)

    async def of_member(self, party: PartyId, channel: str) -> Company:
        """Who is in a channel, looked at anew where `party` is not: it may have come this moment. Raises
        NotFound, NotPermitted, Refused (it is over), Unavailable.
        """
        try:
            company = await self._companies.of(channel)
            return company if str(party) in company.members else await self.now(party, channel)
        except NotFound:
            if self._book.is_over(channel) and str(party) in self._book.readers(channel):
                raise Refused(f"{channel} is over") from None
            raise

    async def now(self, party: PartyId, channel: str) -> Company:
        """The same as the registry says now."""
        company = await self._companies.again(channel)
        if str(party) not in company.members:
            raise NotPermitted(f"{party} is not in {channel}")
        return company

    async def check_reads(self, party: PartyId, channel: str) -> None:
        """Raises as `of_member`; of what is no more they may read who might when it ended."""
        try:
            company = await self.of_member(party, channel)
        except Refused:
            if not self._book.is_over(channel) or str(party) not in self._book.readers(channel):
                raise
            return
        company.check_reads(party)

    def knew(self, party: PartyId, channel: str) -> bool:
        """Whether it was in it, as far as is known."""
        known = self._companies.known.get(channel)
        try:
            return str(party) in (known[0].members if known else self._book.readers(channel))
        except NotFound:
            return False

    async def look(self, channel: str) -> None:
        """Who is in it? Raises Unavailable."""
        try:
            await self._companies.again(channel)
        except Refused as error:
            _log.info("%s is recorded no more: %s", channel, error)

    async def sweep(self) -> None:
        """Look at all that goes on. Raises Unavailable."""
        for channel in self._book.running():  # after a restart
            if channel not in self._companies.known:
                await self.look(channel)
        await self._companies.sweep()

    async def _changed(self, company: Company | None, channel: str) -> None:
        if company is not None:
            await self._book.know(company)
        elif channel in self._book.running():
            await self._book.finish(channel, self._me, "released")
        self._watching.wake(channel)
