"""What is asked of the CA about credentials and issuers, and what it answers (CA-9). Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec

ENDED_NEWS = "credentials-ended"
"""The topic of news, and the kind of statement, by which the CA tells its domain of a revoked credential."""


class CredentialOp(StrEnum):
    """The operations: tokens of subjects."""

    ISSUE = "credential-issue"
    LIST = "credential-list"
    REVOKE = "credential-revoke"
    HELD = "credential-held"
    STATUS = "credential-status"
    ISSUERS = "issuers"
    ISSUER_ADD = "issuer-add"
    ISSUER_REMOVE = "issuer-remove"


class IssueCredential(msgspec.Struct, frozen=True):
    """An operator lets the CA vouch for an agent of the domain."""

    name: str
    type: str
    claims: dict[str, str] = {}
    days: float = 0.0
    """0: `Settings.credential_days`."""


class CredentialIssued(msgspec.Struct, frozen=True):
    """A credential that was made."""

    id: str
    jwt: str


class AskCredentials(msgspec.Struct, frozen=True):
    """Credentials of an agent, or of all, oldest first, from `after` on."""

    name: str = ""
    after: int = 0


class IssuedCredential(msgspec.Struct, frozen=True):
    """A credential that the CA issued, and what became of it. Times are seconds since 1970."""

    number: int
    id: str
    name: str
    type: str
    claims: dict[str, str]
    issued_at: float
    valid_until: float
    revoked_at: float = 0.0
    """0: it was not."""


class CredentialsListed(msgspec.Struct, frozen=True):
    """One page; the next begins at `next`, 0 when this was the last."""

    credentials: tuple[IssuedCredential, ...]
    next: int


class RevokeCredential(msgspec.Struct, frozen=True):
    """Take a credential back, by its ID."""

    id: str


class CredentialRevoked(msgspec.Struct, frozen=True):
    """It is in the status list from now on."""

    credential: IssuedCredential
    pending: bool = False
    """Whether the registry could not be told: then some learn of it by their next status list only."""


class CredentialEnded(msgspec.Struct, frozen=True):
    """A credential that counts for nothing any more, as it is on deny lists."""

    serial: str


class Holdings(msgspec.Struct, frozen=True):
    """What the CA says of the asker: its credentials, signed just now, and the list of revoked ones."""

    credentials: tuple[str, ...]
    status: str


class StatusListed(msgspec.Struct, frozen=True):
    """The list of revoked credentials, a JWT."""

    jwt: str


class IssuersListed(msgspec.Struct, frozen=True):
    """The domain's trust list, signed: `open_signed(ISSUERS_KIND, …)`, then `IssuerList`."""

    statement: bytes


class IssuerAdd(msgspec.Struct, frozen=True):
    """Let an issuer vouch for credentials of these types, in place of those before; `*`: any."""

    did: str
    types: tuple[str, ...]


class IssuerRemove(msgspec.Struct, frozen=True):
    """Let it vouch for nothing any more."""

    did: str
