"""All files of one process of an agent: those it offers, and those it fetches (AG-8)."""

from __future__ import annotations

import asyncio
import logging
import math
import mimetypes
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import msgspec

from overlay.content.fetching import Fetching, Progress
from overlay.content.file_ref import FileRef
from overlay.content.holding import Holding
from overlay.content.media_type import BYTES
from overlay.content.modality import handling_of, modality_of
from overlay.content.offer import Offer, make_offer
from overlay.content.part_file import PartFile
from overlay.content.shelf import Shelf
from overlay.content.talk import TOPIC
from overlay.content.target import is_fetched, target_of
from overlay.endpoint.endpoint import Endpoint
from overlay.endpoint.message import Handler
from overlay.errors import BadInput, NotFound, Overloaded, TooLarge, Unavailable
from overlay.naming.ids import PartyId
from overlay.policy.rule import check_origin

Lend = Callable[[str, Sequence[str]], Awaitable[None]]
"""Let these use this topic, although the agent's access policy does not."""
_log = logging.getLogger(__name__)
_ENVELOPE = 1024
"""What a message with a chunk has beside it."""


class Files:
    """`begin` it when the agent reads its inbox, keep `run` running."""

    def __init__(self, endpoint: Endpoint, folder: Path, lend: Lend) -> None:
        """`folder`: where offers are kept."""
        self._endpoint = endpoint
        self._settings = endpoint.settings
        self._clock = endpoint.party.clock
        self._lend = lend
        self._shelf = Shelf(folder)
        self._changing = asyncio.Lock()
        self._stamp = 0
        self._next_over = math.inf
        self._holding = Holding(self._shelf, self._clock, endpoint.counters, self._settings.file_readers)

    # -- the agent's -------------------------------------------------------------------------------------
    async def offer(
        self, path: Path, to: Sequence[str], media_type: str, lifetime_s: float | None
    ) -> FileRef:
        """See `Filing.offer_file`."""
        settings = self._settings
        named = self._named(to)
        guessed = media_type or mimetypes.guess_type(path.name)[0] or BYTES
        modality_of(guessed)
        chunk_bytes = min(settings.file_chunk_bytes, settings.max_body_bytes - _ENVELOPE)
        until = self._clock() + (lifetime_s or settings.file_lifetime_s)
        async with self._changing:
            if len(self.offers()) >= settings.files_offered:
                raise Overloaded(f"{settings.files_offered} files are offered already: withdraw some")
            offer = await asyncio.to_thread(
                make_offer,
                path,
                str(self._endpoint.me),
                guessed,
                named,
                until,
                chunk_bytes,
                settings.file_bytes,
            )
            await self._keep(offer)
        return offer.ref

    async def share(self, ref: FileRef, to: Sequence[str]) -> None:
        """See `Filing.share_file`."""
        async with self._changing:
            offer = self._ours(ref)
            named = tuple(dict.fromkeys((*offer.to, *to)))
            await self._keep(msgspec.structs.replace(offer, to=self._named(named)))

    async def withdraw(self, ref: FileRef) -> None:
        """See `Filing.withdraw_file`."""
        async with self._changing:
            self._ours(ref)
            self._shelf.drop(ref.id)
            await self._open_door()

    def offers(self) -> list[Offer]:
        """Those that are not over."""
        now = self._clock()
        return [offer for offer in self._shelf.all() if offer.until > now]

    async def fetch(self, ref: FileRef, path: Path, progress: Progress) -> Path:
        """See `Filing.fetch_file`."""
        if ref.size > self._settings.file_bytes:
            raise TooLarge(
                f"{ref.name!r} has {ref.size} bytes, and files have at most {self._settings.file_bytes} "
                "(file_bytes)"
            )
        target = await asyncio.to_thread(target_of, path, ref)
        if await asyncio.to_thread(is_fetched, target, ref):
            return target
        ask = partial(self._ask, PartyId.parse(ref.holder), ref)
        with PartFile(target, ref) as part:
            await Fetching(ref, part, ask, self._settings, self._endpoint.counters, progress).run()
        return target

    # -- the library's -----------------------------------------------------------------------------------
    @property
    def topics(self) -> Mapping[str, Handler]:
        """See `overlay.agent.work`."""
        return {TOPIC: self._holding.handle}

    async def begin(self) -> None:
        """Go on offering what is in the folder."""
        self._sweep()
        await self._open_door()

    async def run(self) -> None:
        """Forget offers that are over, and see those that other processes of ours make."""
        while True:
            await asyncio.sleep(self._settings.file_look_s)
            if self._clock() < self._next_over and self._shelf.stamp() == self._stamp:
                continue
            try:
                async with self._changing:
                    self._sweep()
                    await self._open_door()
            except Unavailable as error:  # the registry is away: at the next look
                self._endpoint.counters["file-door-late"] += 1
                _log.warning("who may fetch our files cannot be told to the registry yet: %s", error)

    async def close(self) -> None:
        """Nothing is held open."""

    def _sweep(self) -> None:
        """Offers stay a while after they are over, so that whoever asks is told."""
        now = self._clock()
        for offer in self._shelf.all():
            if offer.until + self._settings.file_over_s <= now:
                self._shelf.drop(offer.ref.id)

    async def _keep(self, offer: Offer) -> None:
        await asyncio.to_thread(self._shelf.put, offer)
        await self._open_door()

    async def _open_door(self) -> None:
        """Whoever was offered something may ask for it; most of our own domain may anyway."""
        stamp, offers = self._shelf.stamp(), self.offers()
        own = self._endpoint.me.domain if self._endpoint.gate.policy.own_domain == "allow" else ""
        named = {origin for offer in offers for origin in offer.to}
        await self._lend(TOPIC, [origin for origin in named if origin.rpartition("@")[2] != own])
        self._stamp, self._next_over = stamp, min((offer.until for offer in offers), default=math.inf)

    async def _ask(self, holder: PartyId, ref: FileRef, question: bytes, timeout_s: float) -> bytes:
        priority = handling_of(modality_of(ref.media_type), self._settings).priority
        answer = await self._endpoint.ask(
            holder, question, topic=TOPIC, priority=priority, timeout_s=timeout_s
        )
        return answer.body

    def _ours(self, ref: FileRef) -> Offer:
        offer = self._shelf.get(ref.id)
        if offer is None:
            raise NotFound(f"{ref.name!r} is not offered here: it was withdrawn, or is over")
        return offer

    def _named(self, to: Sequence[str]) -> tuple[str, ...]:
        if isinstance(to, str) or not to:
            raise BadInput("say to whom a file is offered: to=['bob@b.example', 'c.example']")
        if len(to) > self._settings.file_receivers:
            raise BadInput(
                f"a file is offered to at most {self._settings.file_receivers} agents and domains "
                "(file_receivers): name domains instead"
            )
        return tuple(dict.fromkeys(check_origin(one) for one in to))
