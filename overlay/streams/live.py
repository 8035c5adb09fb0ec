"""The live streams of an agent, with another agent or in a channel."""

from __future__ import annotations

from overlay.channels.groups import Groups
from overlay.endpoint.endpoint import Endpoint
from overlay.streams.casts import Casts
from overlay.streams.streams import Streams


class Live(Streams):
    """A `Work`."""

    def __init__(self, endpoint: Endpoint, groups: Groups) -> None:
        super().__init__(endpoint)
        self.casts = Casts(endpoint, groups, self)
