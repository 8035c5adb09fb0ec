"""What is asked of the registry and what it answers. Every answer is signed (REG-6). Pure."""

from __future__ import annotations

import hashlib
from enum import StrEnum

import msgspec

from overlay.registry.record import Presence, Profile, Record, Status

ANSWER_KIND = "registry.answer"
NEWS = "denied"
"""The topic of news under which the registry tells at once what peers revoked."""
DENIED_KIND = "registry.denied"
"""The kind of a signed `DeniedPage`: news of what was denied."""


class Op(StrEnum):
    """The operations: tokens of subjects."""

    REGISTER = "register"
    DEREGISTER = "deregister"
    HEARTBEAT = "heartbeat"
    FIND = "find"
    SUBSCRIBERS = "subscribers"
    RESOLVE = "resolve"
    REPORT = "report"
    SIGHT = "sight"
    SIGHT_SET = "sight-set"
    BUNDLE = "bundle"
    CHANGES = "changes"
    LEARN = "learn"
    PEERS = "peers"
    PEER_ADD = "peer-add"
    PEER_REMOVE = "peer-remove"
    PEER_STATE = "peer-state"
    FAR_TELL = "far-tell"
    FAR_VOUCH = "far-vouch"
    FAR_PIN = "far-pin"
    FAR_FORGET = "far-forget"
    FAR_DOMAINS = "far-domains"
    INTRODUCING = "introducing"
    EXPEL = "expel"
    RECALL = "recall"
    DENIED = "denied"
    COUNT = "count"
    BORDER = "border"
    EXPORTS = "exports"
    EXPORT_SET = "export-set"
    BORDER_SET = "border-set"
    ROUTES = "routes"
    ROUTES_SET = "routes-set"
    CAPS = "caps"
    CAPS_SET = "caps-set"
    ACCESS = "access"
    ATTACHED = "attached"
    GATEWAY_ALIVE = "gateway-alive"
    GATEWAYS = "gateways"
    REGISTRATIONS = "registrations"
    REGISTRATION_APPROVE = "registration-approve"
    REGISTRATION_DENY = "registration-deny"
    REGISTRATION_RULES = "registration-rules"
    REGISTRATION_RULES_SET = "registration-rules-set"
    HISTORY = "history"
    REMOVE = "remove"
    CHANNEL_PUT = "channel-put"
    CHANNEL_SHOW = "channel-show"
    CHANNEL_LEAVE = "channel-leave"
    CHANNEL_LIST = "channel-list"
    CHANNEL_ROUTES = "channel-routes"
    CHANNEL_PRESENT = "channel-present"


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What the registry signs: to which question, when, and the result."""

    question: bytes
    at: float
    result: bytes


def question_hash(operation: str, body: bytes) -> bytes:
    """Names a question in its answer."""
    return hashlib.sha256(operation.encode() + b"\x00" + body).digest()


class Register(msgspec.Struct, frozen=True):
    """An agent enters, or changes, its own record."""

    profile: Profile
    card: bytes
    """Its key card, with the certificate that this question was sent under."""
    access: bytes = b""
    """Who may call it, for its own domain's gateway only; empty: agents of its own domain."""
    anew: bool = False
    """Whatever the entry said before: what breaks others is meant."""


class Registered(msgspec.Struct, frozen=True):
    """The entry was made, or changed; or waits for an administrator."""

    resource_id: str
    version: int
    held: str = ""
    """While it waits: what for, and what to do."""
    broke: tuple[str, ...] = ()
    """What of the change was incompatible, and made the entry another one (REG-3)."""


class Deregister(msgspec.Struct, frozen=True):
    """An agent takes its entry away (REG-3)."""

    resource_id: str


class Heartbeat(msgspec.Struct, frozen=True):
    """An agent is alive; `presence` lets it say that it is about to go."""

    presence: Presence = Presence.ONLINE
    denied_since: int = 0
    """Up to which entry it knows the deny list."""
    denied_log: str = ""
    """Of which log of changes that entry is."""
    status: Status | None = None
    """None: as before."""


class Denied(msgspec.Struct, frozen=True):
    """A certificate that counts for nothing any more (CA-6)."""

    number: int
    domain: str
    serial: str


class Alive(msgspec.Struct, frozen=True):
    """Heard. `known` is false when the agent has to register (again): there is no record of it, or one whose
    key card is of an earlier certificate, or past half its life.
    """

    known: bool
    next_s: float
    """In how many seconds the next heartbeat is due."""
    denied: tuple[Denied, ...] = ()
    """What was denied after the entry that the heartbeat named, oldest first; more may follow."""
    denied_log: str = ""
    """Of which log these are: entries of another say nothing about it."""


class Subscribers(msgspec.Struct, frozen=True):
    """Who wants to be told of this topic?"""

    topic: str
    after: str = ""
    """Continue after this party (answers are in order of IDs)."""


class Records(msgspec.Struct, frozen=True):
    """Records, and whether there are more."""

    records: tuple[Record, ...]
    more: bool = False


class Resolve(msgspec.Struct, frozen=True):
    """Who is `name@domain`?"""

    party: str


class Count(msgspec.Struct, frozen=True):
    """How many agents of ours are registered, and how many of them are online."""

    agents: int
    online: int
    attached: int | None = None
    """How many have access through the gateway (GW-1); None: it has not said."""
    refused: int = 0
    """How many are registered and were refused access."""


class Expel(msgspec.Struct, frozen=True):
    """The CA revoked this certificate."""

    name: str
    serial: str


class Recall(msgspec.Struct, frozen=True):
    """The CA gave `name` back to the holder of this revoked certificate (CA-7)."""

    name: str
    serial: str


class AskDenied(msgspec.Struct, frozen=True):
    """What was denied after entry `since` of `log`, here and in peered domains?"""

    since: int = 0
    log: str = ""


class DeniedPage(msgspec.Struct, frozen=True):
    """Entries of the deny list, oldest first, and whether there are more. Signed as news of the registry it
    says: these were denied just now.
    """

    denied: tuple[Denied, ...]
    more: bool = False
    log: str = ""
    since: int = 0
    """After which entry of `log` these come."""
