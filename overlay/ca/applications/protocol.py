"""What is asked of the CA about applications that an administrator decides, and what it answers. Pure."""

from __future__ import annotations

import msgspec

from overlay.ca.applications.application import Application


class Applied(msgspec.Struct, frozen=True):
    """What became of an application: a certificate, or a request that waits for an administrator."""

    certificate: bytes = b""
    """DER; empty while it waits."""
    request: str = ""
    enrolment: bytes = b""
    """While it waits: a certificate (DER) for the join token's key, with which to ask again."""


class AskRequests(msgspec.Struct, frozen=True):
    """An operator wants to see the open requests; or all that were ever made, from one on, oldest first."""

    decided: bool = False
    after: int = 0


class RequestInfo(msgspec.Struct, frozen=True):
    """One request."""

    number: int
    id: str
    name: str
    asked: Application
    held: str
    """Why an administrator decides."""
    made_at: float
    until: float
    """When it ends undecided."""
    state: str
    """open, approved, denied, or undecided: nobody decided in time."""
    again: bool
    """Whether it replaces a holder of the name."""
    fingerprint: str
    """SHA-256 of the newcomer's public key, hexadecimal: to compare with what the newcomer says."""
    decided_at: float
    why: str
    serial: str


class Requests(msgspec.Struct, frozen=True):
    """One page; the next begins at `next`, 0 when this was the last."""

    requests: tuple[RequestInfo, ...]
    next: int


class Approve(msgspec.Struct, frozen=True):
    """An operator grants an application; with fewer skills or scopes, if it names them."""

    request: str
    skills: tuple[str, ...] | None = None
    scopes: tuple[str, ...] | None = None


class Deny(msgspec.Struct, frozen=True):
    """An operator denies an application. The newcomer hears why."""

    request: str
    why: str
