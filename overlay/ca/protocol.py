"""What is asked of the CA and what it answers. Serials are lower-case hexadecimal. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

from overlay.ca.applications.application import Application, as_application

DENIED_KIND = "ca.denied"
"""The kind of a signed `DeniedList`."""


class Op(StrEnum):
    """The operations: tokens of subjects."""

    APPLY = "apply"
    STATUS = "status"
    INVITE = "token"
    LIST = "list"
    RENEW = "renew"
    REVOKE = "revoke"
    LINK = "link"
    DENIED = "denied"
    REQUESTS = "requests"
    APPROVE = "approve"
    DENY = "deny"
    CRL = "crl"
    RESTORE = "restore"
    RECLAIM = "reclaim"
    CARD = "card"
    SERVICE_CARD = "service-card"
    ROLLOVER = "rollover"
    LINK_RENEW = "link-renew"
    REKEY = "rekey"
    REKEYED = "rekeyed"
    READERS = "readers"
    INSIDE = "inside"


class State(StrEnum):
    """What a certificate is worth (CA-4)."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a certificate was revoked (CA-6)."""

    KEY_COMPROMISE = "key-compromise"
    RETIRED = "retired"
    DEREGISTERED = "deregistered"
    SUPERSEDED = "superseded"
    WITHDRAWN = "withdrawn"


class Apply(msgspec.Struct, frozen=True):
    """A newcomer, known by its join token's certificate, wants to become `name` (CA-1)."""

    name: str
    csr: bytes
    """PEM; the private key stays with the newcomer."""
    skills: tuple[str, ...] = ()
    organisation: str = ""
    developer: str = ""
    function: str = ""
    qualification: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def application(self) -> Application:
        """What it says of itself."""
        return as_application(self)


class Issued(msgspec.Struct, frozen=True):
    """A certificate."""

    certificate: bytes
    """DER."""


class MakeToken(msgspec.Struct, frozen=True):
    """An operator wants a join token."""

    name: str
    skills: tuple[str, ...] = ()
    organisation: str = ""
    lifetime_s: float = 0.0
    """0: `Settings.join_token_s`."""
    again: bool = False
    """Whether it replaces a holder of the name, whose certificates are then revoked."""
    qualification: str = ""
    developer: str = ""
    function: str = ""
    scopes: tuple[str, ...] = ()

    @property
    def terms(self) -> Application:
        """What the token fixes, and which skills and scopes it permits."""
        return as_application(self)


class TokenMade(msgspec.Struct, frozen=True):
    """The line to give to the newcomer."""

    text: str


class AskStatus(msgspec.Struct, frozen=True):
    """About one certificate, by its serial, or about the newest of a name."""

    serial: str = ""
    name: str = ""


class Status(msgspec.Struct, frozen=True):
    """About one certificate. Unknown ones have a state and nothing else."""

    state: State
    serial: str = ""
    party: str = ""
    role: str = ""
    skills: tuple[str, ...] = ()
    organisation: str = ""
    issued_at: float = 0.0
    not_after: float = 0.0
    reason: str = ""
    revoked_at: float = 0.0
    restored_at: float = 0.0
    """When its holder got another certificate for the same name, if it was revoked wrongly (CA-7)."""
    qualification: str = ""
    developer: str = ""
    function: str = ""
    scopes: tuple[str, ...] = ()


class AskList(msgspec.Struct, frozen=True):
    """Certificates, oldest first, from `after` on; those inside join tokens only if asked for."""

    after: int = 0
    joins: bool = False


class Listed(msgspec.Struct, frozen=True):
    """One page; the next begins at `next`, 0 when this was the last."""

    certificates: tuple[Status, ...]
    next: int


class Renew(msgspec.Struct, frozen=True):
    """The holder of a valid certificate wants one that lasts longer, for the key of this CSR (CA-5)."""

    csr: bytes


class Revoke(msgspec.Struct, frozen=True):
    """End a certificate, or all valid ones of a name, or of all agents of an organisation (CA-6)."""

    reason: Reason
    serial: str = ""
    name: str = ""
    organisation: str = ""


class Revoked(msgspec.Struct, frozen=True):
    """What was revoked, or had been before."""

    certificates: tuple[Status, ...]
    pending: bool = False
    """Whether broker or registry could not be told yet; the CA goes on trying."""


class Link(msgspec.Struct, frozen=True):
    """An operator lets the gateway of another domain come to our broker (design §3)."""

    domain: str
    csr: bytes


class DeniedList(msgspec.Struct, frozen=True):
    """Signed by the CA: every certificate that it revoked after epoch `since` up to epoch `upto`, but for
    those that have expired. `epoch` is that of its last revocation: it rises with each, and never goes back.
    """

    epoch: int
    serials: tuple[str, ...]
    since: int = 0
    upto: int = 0


class Readers(msgspec.Struct, frozen=True):
    """The registry says that these agents of our domain read a channel, and no others (GW-9)."""

    channel: str
    """`name@home-domain`"""
    log: str
    """Which history of the registry `revision` is of: of two words in one history the higher counts."""
    revision: int
    names: tuple[str, ...]
    at_once: bool = True
    """Who reads it no more is put off the broker now (it may come back), else a little later."""


class Signed(msgspec.Struct, frozen=True):
    """A signed statement."""

    statement: bytes
