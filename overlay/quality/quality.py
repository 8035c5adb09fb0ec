"""How the messages of one session or task are treated: priority, class, deadline, rate (GW-13). Pure."""

from __future__ import annotations

import math
import re
from collections import OrderedDict

import msgspec

from overlay.errors import BadInput, Overloaded
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Priority

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LONGEST_S = 86400.0
_JUMP = 1000
"""A revision so much beyond what is known is no slip of messages that crossed."""


class Quality(msgspec.Struct, frozen=True, array_like=True):
    """Of all messages under one name. It may be revised at any time, and counts for the next message."""

    priority: Priority = Priority.NORMAL
    reliable: bool = False
    deadline_s: float = 0.0
    """How long a message is worth delivering; 0: as usual."""
    rate_per_s: float = 0.0
    """How many messages a second are sent under the name, by each process; 0: as many as come."""


class Told(msgspec.Struct, frozen=True, array_like=True):
    """A quality as it travels, sealed, with each message under its name."""

    name: str
    revision: int
    by: str
    """Who revised it last: of two of one revision, the one that is later in the alphabet counts."""
    quality: Quality

    @property
    def rank(self) -> tuple[int, str]:
        """Of two, the higher one counts."""
        return self.revision, self.by


def check_quality(quality: Quality) -> Quality:
    """`quality`, if it can be used. Raises BadInput."""
    if not 0 <= quality.deadline_s <= _LONGEST_S:
        raise BadInput(f"deadline_s is from 0 to {_LONGEST_S:g} seconds")
    if not 0 <= quality.rate_per_s < math.inf:
        raise BadInput("rate_per_s is a number from 0 on; 0: as many as come")
    return quality


class Qualities:
    """Those of one process: its own, and those that others told it, at most `limit` of each. What a party
    tells counts for messages to that party only.
    """

    def __init__(self, me: PartyId, limit: int) -> None:
        self._me = str(me)
        self._limit = limit
        self._own: dict[str, Told] = {}
        self._heard: OrderedDict[tuple[PartyId, str], Told] = OrderedDict()

    def set(self, name: str, quality: Quality) -> Told:
        """From now on this is it. Raises BadInput; Overloaded where there are too many names."""
        if not _NAME.fullmatch(name):
            raise BadInput(f"{name!r} is no name of a quality: letters, digits, '.', '_' and '-', up to 64")
        if name not in self._own and len(self._own) >= self._limit:
            raise Overloaded(f"{self._limit} qualities are in use (qualities_kept): drop one first")
        known = [told.revision for (_, heard), told in self._heard.items() if heard == name]
        if name in self._own:
            known.append(self._own[name].revision)
        told = Told(name, max(known, default=0) + 1, self._me, check_quality(quality))
        self._own[name] = told
        return told

    def drop(self, name: str) -> None:
        """The session or task is over."""
        self._own.pop(name, None)

    def of(self, name: str, to: PartyId | None = None) -> Told | None:
        """What counts for messages under this name, to this party; None: nobody said anything."""
        own = self._own.get(name)
        heard = self._heard.get((to, name)) if to is not None else None
        if own is None or heard is None:
            return own or heard
        return max(own, heard, key=lambda told: told.rank)

    def hear(self, sender: PartyId, told: Told, *, begin: bool) -> bool:
        """`sender` says so; whether that is news. `begin`: also of a name that is not known here. Raises
        BadInput.
        """
        check_quality(told.quality)
        known = self.of(told.name, sender)
        if (known is None and not begin) or not _NAME.fullmatch(told.name):
            return False
        if known is not None and not known.rank < told.rank:
            return False
        at = known.revision if known is not None else 0
        if told.by not in (str(sender), self._me) or not 0 < told.revision <= at + _JUMP:
            raise BadInput(f"{sender} cannot revise {told.name} so")
        self._heard[sender, told.name] = told
        self._heard.move_to_end((sender, told.name))
        if len(self._heard) > self._limit:
            self._heard.popitem(last=False)
        return True
