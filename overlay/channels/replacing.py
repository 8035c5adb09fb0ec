"""Which roster of a channel replaces the one that a registry has. Pure.

At the channel's home a roster of a channel with deputies has to name the one before it: of two who change it
at once, one is first, and the other looks at that and tries again. What the owner alone says goes before
anything that a deputy says; registries elsewhere, which members tell, go by that and by the version only.
"""

from __future__ import annotations

from overlay.channels.roster import Roster, digest_of
from overlay.errors import Refused
from overlay.naming.ids import PartyId


def replaces(before: Roster, statement: bytes, roster: Roster, signer: PartyId, *, home: str) -> bool:
    """Whether `roster`, which `signer` signed, counts from now on, in the registry of `home`, instead of
    `before`, which came as `statement`. What a member brings late is not wrong. Raises Refused for another
    channel of that name, and for a deputy that is none any more.
    """
    if before.owner != roster.owner:
        raise Refused(f"{roster.channel} is owned by {before.owner}")
    by_owner = str(signer) == roster.owner
    if not by_owner and roster.charter < before.charter:
        raise Refused(f"{signer} may not change {roster.channel}: its owner has said otherwise since")
    shared = bool(before.deputies or roster.deputies)
    if not by_owner and roster.charter == before.charter and signer not in before.authorities:
        raise Refused(f"{signer} may not change {roster.channel}: it is not in it any more")
    if roster.rank == before.rank and not shared and roster != before:
        raise Refused(f"{roster.channel} has another roster of version {roster.version}")
    if roster.rank <= before.rank:
        return False
    if not shared or roster.id.domain != home:
        return True
    if by_owner and not roster.before:
        return roster.charter > before.charter
    return roster.before == digest_of(statement) and (by_owner or roster.version == before.version + 1)
