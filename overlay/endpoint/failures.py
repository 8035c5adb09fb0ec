"""Errors that cross from one party to another: reason and text on the wire, and back to a class. Pure."""

from __future__ import annotations

import math

from overlay.clock import HOUR_S
from overlay.errors import BadInput, Failed, NotPermitted, OverlayError, Overloaded, Refused, Unavailable
from overlay.naming.ids import GATEWAY, PartyId
from overlay.trust.identity import Identity, Role
from overlay.wire.content import MAX_SHOWN, Content, Kind

MAX_TEXT = 1000
MAX_WANT = 100
MAX_RETRY_S = HOUR_S
"""Nobody is sent away for longer by what another party says."""


def _tree(kind: type[OverlayError]) -> dict[str, type[OverlayError]]:
    found = {kind.reason: kind}
    for child in kind.__subclasses__():
        found = _tree(child) | found  # a child without a reason of its own does not stand for its parent
    return found


_BY_REASON = _tree(OverlayError)


def error_of(reason: str, body: bytes, wants: tuple[str, ...] = (), retry_after_ms: int = 0) -> OverlayError:
    """The error that another party answered with; `Failed` for a reason that is not known here."""
    text = body[: MAX_TEXT * 4].decode(errors="replace")[:MAX_TEXT]
    if not text.isprintable():  # it may end up on somebody's terminal
        text = "".join(letter if letter.isprintable() else "?" for letter in text)
    if reason == NotPermitted.reason:
        return NotPermitted(
            text, tuple(word for word in wants if len(word) <= MAX_WANT and word.isprintable())
        )
    if reason == Overloaded.reason:
        return Overloaded(text, min(max(retry_after_ms / 1000, 0.0), MAX_RETRY_S))
    return _BY_REASON.get(reason, Failed)(text)


def error_content(error: Exception, me: PartyId, about: bytes) -> Content:
    """What is answered where handling message `about` ended with `error`."""
    reason, text = told(error, me)
    wants = error.wants if isinstance(error, NotPermitted) else ()
    return Content(
        kind=Kind.ERROR,
        body=text,
        about=(about,),
        reason=reason,
        wants=wants[:MAX_SHOWN],
        retry_after_ms=retry_ms(error),
    )


def retry_ms(error: Exception) -> int:
    """Before so many milliseconds it would be refused again; 0: not known."""
    return math.ceil(error.retry_after_s * 1000) if isinstance(error, Overloaded) else 0


def told(error: Exception, me: PartyId) -> tuple[str, bytes]:
    """Reason and text of what another party may read about a handler's error.

    Only what the handler said on purpose; anything else could hold secrets, and is told to `on_error` here.
    """
    if isinstance(error, BadInput | Refused | Unavailable):
        return error.reason, str(error)[:MAX_TEXT].encode()
    return Failed.reason, f"the handler of {me} failed; its own log says why".encode()


def lasting(error: Exception) -> bool:
    """Whether giving the same message to the handler again changes nothing."""
    return isinstance(error, OverlayError) and not error.retry


def may_answer_for(sender: Identity, peer: PartyId, me: PartyId) -> bool:
    """Whether `sender` may say that a message to `peer` failed: the peer, or a gateway on the way."""
    if sender.party == peer:
        return True
    on_the_way = sender.party.domain in (peer.domain, me.domain) and peer.domain != me.domain
    return on_the_way and sender.role is Role.GATEWAY and sender.party.name == GATEWAY
