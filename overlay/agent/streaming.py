"""An agent's live streams (AG-8)."""

from __future__ import annotations

from collections.abc import Mapping

from overlay.agent.talking import Talking
from overlay.channels.channel import Channel
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority
from overlay.streams.stream import Stream
from overlay.streams.takers import Accept, OnStream, Taker


class Streaming(Talking):
    """Everything here raises Unreachable outside of the agent's block."""

    async def open_stream(
        self,
        to: PartyId | Channel | str,
        media_type: str,
        *,
        late_ms: int | None = None,
        priority: Priority | None = None,
        group: str = "",
        about: Mapping[str, str] | None = None,
    ) -> Stream:
        """A live stream to an agent, which sends in it, too; or in a channel (a `Channel`), to whoever is in
        it and takes such streams. A frame that is older than `late_ms` is dropped. `priority`: that of its
        modality (docs/streams.md), unless it is said. `group`: of streams that belong together.

            stream = await agent.open_stream("bob@b.example", "audio/opus", late_ms=200)
            await stream.send(packet)

        Raises as `ask`: Refused (it takes no such streams), NotPermitted, Overloaded; BadInput.
        """
        here = self._here
        live, said = here.works.streams, dict(about or {})
        if isinstance(to, Channel):
            return await live.casts.open(
                to.id, media_type, late_ms=late_ms, priority=priority, group=group, about=said
            )
        party = await here.addressing.party(to)
        return await live.open(party, media_type, late_ms=late_ms, priority=priority, group=group, about=said)

    def on_stream(self, media_type: str, handler: OnStream, *, accept: Accept | None = None) -> None:
        """Take streams of `audio/opus`, `audio/*` or `*/*`, that others open with us or publish in channels
        that we are in; whom our access policy lets in (topic `overlay.stream`). A stream ends when its
        `handler` returns. `accept` may look at the offer and raise Refused, with words for the other side.

            agent.on_stream("audio/*", listen)  # async def listen(stream): async for frame in stream: …

        Raises BadInput.
        """
        taker = Taker(handler, accept) if accept is not None else Taker(handler)
        self._here.works.streams.takers.add(media_type, taker)

    @property
    def streams(self) -> list[Stream]:
        """Those that are open.

        late = sum(stream.statistics.late for stream in agent.streams)
        """
        return list(self._here.works.streams.open_ones.values())
