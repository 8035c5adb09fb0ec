"""A verifiable credential that was verified. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Credential:
    """What an issuer says of a subject; made only by what verified it. Times are seconds since 1970."""

    type: str
    """Such as `medical-qualification`."""
    issuer: str
    """A DID."""
    subject: str
    """A DID: of an agent, `PartyId.did`."""
    claims: Mapping[str, object]
    """What else is said of the subject: JSON values."""
    valid_until: float
    id: str
