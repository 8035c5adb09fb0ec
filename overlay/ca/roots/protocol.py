"""What is asked of the CA about its domain, its roots and their rollover, and what it answers. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

CARD_NEWS = "domain-card"
"""The topic of news under which the CA tells each new `CardTold` at once."""


class AskInside(msgspec.Struct, frozen=True):
    """How shall messages between agents of the domain go from now on (`Inside`)? Empty: as they do."""

    inside: str = ""


class InsideTold(msgspec.Struct, frozen=True):
    """How they go."""

    inside: str


class AskCard(msgspec.Struct, frozen=True):
    """What is the domain now? `epoch`: of the card that the asker has."""

    epoch: int


class CardTold(msgspec.Struct, frozen=True):
    """The CA's statements: `open_domain_card`, and `open_bundle_news` for peers of the domain."""

    card: bytes
    bundle: bytes


class ShowCard(msgspec.Struct, frozen=True):
    """A service was renewed: this is its key card from now on."""

    card: bytes


class RenewLink(msgspec.Struct, frozen=True):
    """Our gateway passes on that the gateway of `domain` wants to renew its certificate at our broker."""

    domain: str
    csr: bytes


class Step(StrEnum):
    """Of a rollover."""

    START = "start"
    STATUS = "status"
    FINISH = "finish"
    ABORT = "abort"


class Phase(StrEnum):
    """How far a rollover is."""

    NONE = "none"
    """There is one root."""
    ANNOUNCED = "announced"
    """The new root is told to everybody, and issues nothing yet."""
    ISSUING = "issuing"
    """The new root issues, and everybody renews; the old one is still trusted."""


class Rollover(msgspec.Struct, frozen=True):
    """An operator takes a step. `force`: finish although some hold certificates of the old root only."""

    step: Step
    force: bool = False


class Holder(msgspec.Struct, frozen=True):
    """Somebody whose newest certificate was issued by the old root."""

    name: str
    role: str
    serial: str
    not_after: float


class RolloverState(msgspec.Struct, frozen=True):
    """Where a rollover stands."""

    phase: Phase
    epoch: int
    """Of the domain card."""
    roots: tuple[str, ...]
    """Fingerprints; the first one issues."""
    root_ends: float
    """When the root that issues expires."""
    issues_at: float = 0.0
    """While it is announced: from when on the new root may issue."""
    note: str = ""
    """Why it does not issue yet, if that time has come."""
    holders: tuple[Holder, ...] = ()
    """Who has not renewed; after `finish --force`, whose certificates were revoked."""
    behind: tuple[str, ...] = ()
    """Who holds a valid certificate and has not fetched this card, as far as the CA knows."""
