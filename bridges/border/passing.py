"""What every message that a peer brings has to be, for us or for others: in time, of whoever may come this
way, and never twice in one domain. Pure.
"""

from __future__ import annotations

from functools import lru_cache

from bridges.border.departure import Foreign
from bridges.frames.frame import Message
from bridges.routing.routes import Routes
from bridges.routing.transit import MAX_PATH, Transit, arrived
from overlay.errors import BadEnvelope, Expired
from overlay.naming.ids import PartyId, is_domain
from overlay.naming.subjects import Class
from overlay.settings import Settings
from overlay.wire.envelope import Header


def check_passing(
    message: Message,
    header: Header,
    peer: str,
    routes: Routes,
    now: float,
    settings: Settings,
    *,
    vouched: bool = False,
) -> Transit:
    """How it came, ours the last domain. `vouched`: it is of a channel, and the peer leads to the channel's
    home, which says who is in it, wherever they are.

    Raises Foreign, BadEnvelope, BadName, Expired, Looped, TooFar.
    """
    home = PartyId.parse(header.sender).domain
    if not _came(message.path, home, peer) or not (vouched or routes.may_bring(peer, home)):
        raise Foreign(f"{peer} does not speak for {header.sender}: no way leads there by it")
    if (header.cls, header.priority) != (message.cls, message.priority):
        raise BadEnvelope("class or priority of the envelope are not those that it travels under")
    if (header.cls is Class.RELIABLE) != (message.number > 0):
        raise BadEnvelope("reliable messages are numbered, and only they")
    if header.slot and header.cls is Class.RELIABLE:  # nobody would read it, and it would lie in a store
        raise BadEnvelope("what is for one process is an answer, and answers are not stored")
    until = min(now + message.left_ms / 1000, header.deadline_ms / 1000 + settings.clock_skew_s)
    if until <= now:
        raise Expired(f"a message of {header.sender} was past its deadline when it arrived")
    if len(message.path) > 1 and not vouched:
        routes.learn(home, peer)
    return arrived(routes.domain, min(message.hops, settings.gateway_hops), message.path, until)


@lru_cache(maxsize=4096)
def _came(path: tuple[str, ...], home: str, peer: str) -> bool:
    """Whether it can have come so. The same few paths come again and again."""
    said = path[:1] == (home,) and path[-1:] == (peer,)
    return said and len(path) <= MAX_PATH and all(map(is_domain, path))
