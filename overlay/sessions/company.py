"""Who is in a channel, as the session service knows it: what its owner signed, less who left. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from overlay.channels.protocol import ChannelTold
from overlay.channels.roster import known_roster
from overlay.errors import BadInput, NotFound, NotPermitted, Refused
from overlay.naming.ids import PartyId


@dataclass(frozen=True, slots=True)
class Company:
    """Of one channel that keeps history."""

    channel: str
    born: int
    """The version in which the channel was made: another channel of this name has another."""
    owner: str
    deputies: tuple[str, ...]
    readers: frozenset[str]
    speakers: frozenset[str]
    members: frozenset[str]
    recent: int
    """How many publications are kept; 0: all."""
    ends: float
    rank: tuple[int, int, int]
    """By which another state of the channel differs."""

    def check_reads(self, party: PartyId) -> None:
        """Raises NotPermitted."""
        if str(party) not in self.readers:
            raise NotPermitted(f"{party} may not read {self.channel}: it is not in it")

    def check_speaks(self, party: PartyId) -> None:
        """Raises NotPermitted."""
        if str(party) not in self.speakers:
            raise NotPermitted(f"{party} may not say anything in {self.channel}")

    def check_leads(self, party: PartyId) -> None:
        """Raises NotPermitted."""
        if str(party) not in (self.owner, *self.deputies):
            raise NotPermitted(f"{self.owner} and its deputies end {self.channel}, not {party}")


def company_of(channel: str, told: ChannelTold) -> Company:
    """By what the registry tells. Raises NotFound, Refused (it keeps no history)."""
    if not told.roster:
        raise NotFound(f"{channel} keeps no history, or there is none")
    roster = known_roster(told.roster)
    if roster.channel != channel:
        raise BadInput(f"the registry told of {roster.channel}, not of {channel}")
    if roster.recorder is None:
        raise Refused(f"{channel} keeps no history")
    owner = roster.member(PartyId.parse(roster.owner))
    if owner is None:
        raise NotFound(f"{channel} is over")
    gone = set(told.left)
    there = [one for one in roster.members if not one.record and one.party not in gone]
    return Company(
        channel=channel,
        born=owner.since,
        owner=roster.owner,
        deputies=roster.deputies,
        readers=frozenset(one.party for one in there if one.read),
        speakers=frozenset(one.party for one in there if one.publish),
        members=frozenset(one.party for one in there),
        recent=roster.recent,
        ends=roster.ends,
        rank=(*roster.rank, len(there)),
    )


def encode_readers(readers: frozenset[str]) -> bytes:
    """As it lies in the file."""
    return msgspec.msgpack.encode(sorted(readers))


def decode_readers(data: bytes) -> frozenset[str]:
    """What `encode_readers` made."""
    return frozenset(msgspec.msgpack.decode(data, type=list[str]))
