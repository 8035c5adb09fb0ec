"""What is asked of the registry about channels, and the answers (GW-9). Pure.

Operations: `overlay.registry.protocol.Op.CHANNEL_…`.
"""

from __future__ import annotations

import msgspec


class PutRoster(msgspec.Struct, frozen=True):
    """From now on this is the channel: by its owner or a deputy, or, where its home is elsewhere, by one of
    its members here. Returns when the broker lets its readers read, and nobody else. The same one again does
    nothing.
    """

    roster: bytes
    """`overlay.channels.roster.sign_roster`"""


class RosterTaken(msgspec.Struct, frozen=True):
    """The version that counts now."""

    version: int
    stands: bool = True
    """Whether it is this roster; else another one was first: look at it, and try again."""


class AskChannel(msgspec.Struct, frozen=True):
    """What is `name@home-domain`? Of channels in which our domain has members."""

    channel: str


class ChannelTold(msgspec.Struct, frozen=True):
    """A channel as the registry keeps it."""

    owner: str
    """Who may let the asker in: that much is told to all agents of our domain."""
    roster: bytes = b""
    """As its owner signed it; empty for who is not in it, unless it is open."""
    left: tuple[str, ...] = ()
    """Who left, by its own word or its CA's, and is in that roster still."""
    deputies: tuple[str, ...] = ()
    """Who may let the asker in while the owner is away."""


class LeaveChannel(msgspec.Struct, frozen=True):
    """The asker reads it no more. Returns when the broker lets it read no more."""

    channel: str


class AskChannels(msgspec.Struct, frozen=True):
    """In which channels is the asker? An operator may ask for another, or for all (an empty `party`)."""

    party: str = ""
    after: str = ""
    """Continue after this channel (answers are in order of IDs)."""


class ChannelLine(msgspec.Struct, frozen=True):
    """A channel, in short."""

    channel: str
    owner: str
    version: int
    members: int
    open: bool
    about: str
    ends: float


class Channels(msgspec.Struct, frozen=True):
    """Channels in order of their IDs."""

    channels: tuple[ChannelLine, ...]
    more: bool = False


class AskPresent(msgspec.Struct, frozen=True):
    """A member: who of the others is there now? With the `mark` of an answer: as soon as that is another, or
    after `wait_s`.
    """

    channel: str
    mark: bytes = b""
    wait_s: float = 0.0


class Present(msgspec.Struct, frozen=True):
    """Members that are there, of other domains as far as those told us."""

    parties: tuple[str, ...]
    away: tuple[str, ...]
    """Members that are not."""
    mark: bytes


class AskRoutes(msgspec.Struct, frozen=True):
    """A gateway: where are the members of channels that changed after `since` of `log`? Waits up to `wait_s`
    for a change.
    """

    log: str = ""
    since: int = 0
    wait_s: float = 0.0


class Route(msgspec.Struct, frozen=True):
    """One channel. Without any domain: it was released, or our domain has no member in it any more."""

    channel: str
    """`name@home-domain`"""
    local: bool
    """Whether our domain has members in it."""
    domains: tuple[str, ...] = ()
    """Where members are, as its owner said; ours is among them if `local`. Where its home is elsewhere this
    may be old: what the home's gateway says counts.
    """


class Routes(msgspec.Struct, frozen=True):
    """Channels that changed, oldest change first. `full`: begins at nothing; forget all that was known."""

    log: str
    version: int
    """Ask for what comes after this."""
    full: bool
    routes: tuple[Route, ...]
    more: bool = False
