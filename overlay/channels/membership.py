"""What one process knows of a channel that it is in: the roster, and the secrets that count. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from overlay.channels.epoch import Epoch
from overlay.channels.roster import Roster
from overlay.naming.ids import PartyId

_RETIRED = 64
_FORMER = 16


@dataclass(frozen=True, slots=True)
class _Former:
    roster: Roster
    epoch: Epoch
    until: float


class Membership:
    """Of one channel. Its secret changes with each version of the roster. Those before count for
    `overlap_s` where somebody came in, and not at all once somebody is out.
    """

    def __init__(self, statement: bytes, roster: Roster, epoch: Epoch, overlap_s: float) -> None:
        self.id = roster.id
        self.statement = statement
        self.roster = roster
        self.epoch = epoch
        self.removal = False
        """Whether the last change put somebody out."""
        self._overlap_s = overlap_s
        self._former: deque[_Former] = deque()
        self._retired: deque[bytes] = deque(maxlen=_RETIRED)

    def adopt(self, statement: bytes, roster: Roster, epoch: Epoch, now: float) -> bool:
        """Go on with a later roster; whether it is one."""
        if roster.rank <= self.roster.rank:
            return False
        stays = {(member.party, member.since) for member in roster.members}
        self.removal = any((one.party, one.since) not in stays for one in self.roster.members)
        self._former.append(_Former(self.roster, self.epoch, now + self._overlap_s))
        while self._former and (self.removal or now > self._former[0].until or len(self._former) > _FORMER):
            self._retired.append(self._former.popleft().epoch.id)
        self.statement, self.roster, self.epoch = statement, roster, epoch
        return True

    def find(self, key_id: bytes, now: float) -> tuple[Epoch, Roster] | None:
        """The secret with this ID, if it counts now, and who was in the channel under it."""
        if key_id == self.epoch.id:
            return self.epoch, self.roster
        for former in self._former:
            if former.epoch.id == key_id and now <= former.until:
                return former.epoch, former.roster
        return None

    def is_retired(self, key_id: bytes) -> bool:
        """Whether it counted once, and does not any more."""
        return key_id in self._retired or any(former.epoch.id == key_id for former in self._former)

    @property
    def owner(self) -> PartyId:
        """Who made it."""
        return PartyId.parse(self.roster.owner)
