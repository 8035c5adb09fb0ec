"""Changes of a roster: somebody comes in or is out, a deputy is appointed or dismissed. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec

from overlay.channels.charter import May
from overlay.channels.roster import Member, Roster
from overlay.errors import NotPermitted, Refused
from overlay.naming.ids import PartyId


def with_member(roster: Roster, party: PartyId, may: May | None, *, deputy: bool = False) -> Roster:
    """It is in. `may`: None: what everybody may."""
    if roster.member(party) is not None:
        return roster
    version, may = roster.version + 1, may or roster.may
    member = Member(str(party), version, publish=may.publish, read=may.read)
    more = (str(party),) if deputy and str(party) not in roster.deputies else ()
    return msgspec.structs.replace(
        roster, version=version, members=(*roster.members, member), deputies=(*roster.deputies, *more)
    )


def without(roster: Roster, gone: Collection[str], by: PartyId) -> Roster:
    """They are out; where the owner says so, also as deputies. Raises Refused."""
    if roster.owner in gone:
        raise Refused(f"{roster.owner} owns {roster.channel}: release it")
    if str(roster.recorder) in gone:
        raise Refused(f"{roster.recorder} records {roster.channel}, which keeps history")
    stay = tuple(member for member in roster.members if member.party not in gone)
    if len(stay) == len(roster.members):
        return roster
    deputies = roster.deputies
    if str(by) == roster.owner:
        deputies = tuple(party for party in deputies if party not in gone)
    return msgspec.structs.replace(roster, version=roster.version + 1, members=stay, deputies=deputies)


def appointed(roster: Roster, party: PartyId) -> Roster:
    """A member is a deputy. Raises NotPermitted for who records the channel, or is out again."""
    member = roster.member(party)
    if member is None or member.record:
        raise NotPermitted(f"{party} cannot be a deputy in {roster.channel}")
    if str(party) in (roster.owner, *roster.deputies):
        return roster
    deputies = (*roster.deputies, str(party))
    return msgspec.structs.replace(roster, version=roster.version + 1, deputies=deputies)


def dismissed(roster: Roster, party: PartyId) -> Roster:
    """A deputy is a member like others."""
    deputies = tuple(one for one in roster.deputies if one != str(party))
    if len(deputies) == len(roster.deputies):
        return roster
    return msgspec.structs.replace(roster, version=roster.version + 1, deputies=deputies)


def is_invited(party: PartyId, invited: Mapping[str, May]) -> May | None:
    """For what; None: it is not."""
    return invited.get(str(party)) or invited.get(party.domain)
