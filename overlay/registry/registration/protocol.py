"""What operators ask about entries, their history and those that wait, and what is answered. Pure."""

from __future__ import annotations

import msgspec

from overlay.registry.record import Profile
from overlay.registry.registration.history import Past


class AskHistory(msgspec.Struct, frozen=True):
    """What was this agent of ours (`name@domain`) before?"""

    party: str


class Pasts(msgspec.Struct, frozen=True):
    """Oldest first; bounded by `registry_history`."""

    pasts: tuple[Past, ...]


class Remove(msgspec.Struct, frozen=True):
    """An operator takes an entry of an agent of ours (`name@domain`) away."""

    party: str
    why: str = ""
    """For the audit log."""


class AskRegistrations(msgspec.Struct, frozen=True):
    """Registrations that wait, after this agent's name; or all that are still remembered."""

    decided: bool = False
    after: str = ""


class RegistrationInfo(msgspec.Struct, frozen=True):
    """One of them."""

    id: str
    name: str
    profile: Profile
    organisation: str
    held: tuple[str, ...]
    """Why an administrator decides."""
    update: bool
    """Whether it has an entry, which counts until then."""
    made_at: float
    until: float
    """When it ends undecided; or when the decision is forgotten."""
    state: str
    """open, approved, denied, or undecided: nobody decided in time."""
    decided_at: float
    why: str


class Registrations(msgspec.Struct, frozen=True):
    """One page, in order of names; the next begins after `next`, empty when this was the last."""

    registrations: tuple[RegistrationInfo, ...]
    next: str = ""


class ApproveRegistration(msgspec.Struct, frozen=True):
    """An operator lets it in: the agent, which asks again by itself, is then entered."""

    id: str


class DenyRegistration(msgspec.Struct, frozen=True):
    """An operator does not. The agent hears why."""

    id: str
    why: str


class RegistrationRules(msgspec.Struct, frozen=True):
    """The operator's policy, as TOML; empty: none (`overlay.registry.approval.policy`)."""

    text: str
