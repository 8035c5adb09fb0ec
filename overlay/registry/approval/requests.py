"""Registrations that an administrator decides: what is kept of them, and when they end (REG-11). Pure."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from overlay.errors import Expired, Overloaded, Refused
from overlay.registry.record import Profile
from overlay.settings import Settings
from overlay.trust.identity import Identity

_encode = msgspec.msgpack.Encoder(order="deterministic").encode
_ID_DIGITS = 32
"""Fewer, and somebody could make two profiles, or one for the request of another, that have the same ID."""


class Decision(StrEnum):
    """What an administrator said of it."""

    OPEN = "open"
    APPROVED = "approved"
    DENIED = "denied"


class Request(msgspec.Struct, frozen=True):
    """What one agent asked for last. It is kept under the agent's name: who asks for something else asks
    anew.
    """

    id: str
    """By what was asked: the same again is the same request."""
    name: str
    profile: Profile
    serial: str
    """Of the certificate under which it was asked, hexadecimal."""
    organisation: str
    """As its certificate says."""
    held: tuple[str, ...]
    """Why an administrator decides."""
    made_at: float
    update: bool
    """Whether it has an entry, which counts until then."""
    decision: Decision = Decision.OPEN
    decided_at: float = 0.0
    why: str = ""
    """It was denied."""


def request_id(identity: Identity, profile: Profile) -> str:
    """Names what is asked: this profile, by one who is certified for the same. It outlives a renewal."""
    said = (identity.party.name, identity.attributes.uris(), profile)
    return hashlib.sha256(_encode(said)).hexdigest()[:_ID_DIGITS]


def ends_at(request: Request, settings: Settings) -> float:
    """When it counts for nothing any more, decided or not."""
    if request.decision is Decision.OPEN:
        return request.made_at + settings.registration_open_s
    return request.decided_at + settings.registration_kept_s


def check_room(waiting: int, settings: Settings) -> None:
    """Raises Overloaded when one more than the `waiting` would be too many."""
    if waiting >= settings.registrations_open:
        raise Overloaded(
            f"{waiting} registrations wait for the operator (registrations_open): register again later",
            retry_after_s=settings.registration_poll_s,
        )


def check_denied(request: Request) -> None:
    """Raises Refused when it was."""
    if request.decision is Decision.DENIED:
        raise Refused(
            f"denied: the operator denied registration {request.id}: {request.why or 'no reason was given'}"
        )


def check_decides(request: Request, decision: Decision, now: float, settings: Settings) -> None:
    """Raises Refused, Expired unless it can be decided so: a denial may be taken back by an approval."""
    taken_back = request.decision is Decision.DENIED and decision is Decision.APPROVED
    if request.decision is not Decision.OPEN and not taken_back:
        raise Refused(f"request: {request.id} was {request.decision.value} before")
    if now >= ends_at(request, settings):
        raise Expired(f"request: nobody decided {request.id} in time; the agent asks again by itself")
