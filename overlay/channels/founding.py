"""What a channel is to be when its owner makes it. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from overlay.channels.charter import RECORDER, History, May
from overlay.channels.roster import Member, Roster
from overlay.naming.ids import PartyId, check_domain


@dataclass(frozen=True, slots=True)
class Founding:
    """See `Agent.create_channel`."""

    is_open: bool = False
    invite: Sequence[PartyId | str] | Mapping[str, May] = ()
    """With a mapping: for what."""
    about: str = ""
    lifetime_s: float | None = None
    may: May = May.BOTH
    signed: bool = False
    history: History = History.NONE
    recent: int = 100
    deputies: Sequence[PartyId | str] = field(default=())

    @property
    def invited(self) -> dict[str, May]:
        """Whom, and for what. Raises BadName, BadInput."""
        if isinstance(self.invite, Mapping):
            return {invitable(one): May(may) for one, may in self.invite.items()}
        return {invitable(one): self.may for one in self.invite}

    @property
    def named(self) -> tuple[str, ...]:
        """The deputies. Raises BadName."""
        return tuple(str(PartyId.parse(str(one))) for one in self.deputies)

    def roster(self, channel: PartyId, owner: PartyId, now: float) -> Roster:
        """The first one."""
        version = int(now * 1000)
        members = [Member(str(owner), version)]
        if self.history is not History.NONE:
            recorder = PartyId.of(RECORDER, channel.domain)
            members.append(Member(str(recorder), version, publish=False, read=False, record=True))
        return Roster(
            str(channel),
            str(owner),
            version,
            tuple(members),
            self.is_open,
            self.about,
            now + self.lifetime_s if self.lifetime_s else 0.0,
            signed=self.signed,
            history=self.history,
            recent=self.recent if self.history is History.RECENT else 0,
            may=self.may,
            charter=version,
        )


def invitable(party: PartyId | str) -> str:
    """An agent, or a whole domain. Raises BadName."""
    text = str(party)
    return str(PartyId.parse(text)) if "@" in text else check_domain(text)
