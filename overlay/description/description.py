"""What a description holds, in whatever form it came. Pure."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from overlay.registry.record import Profile


class Description(msgspec.Struct, frozen=True):
    """An agent described: a profile, and what a registry knows and no profile says."""

    profile: Profile
    did: str = ""
    """Whose (`PartyId.did`); empty: it does not say."""
    registration: str = ""
    """The resource ID of the entry that it was made from."""
    created: float = 0.0
    """Seconds since 1970; 0: it does not say."""
    more: Mapping[str, object] = {}
    """Terms of the root that no profile holds, and that are kept: extensions (`my:term`), information."""
    left: tuple[str, ...] = ()
    """What was read and is kept nowhere: its place, and why."""
