"""What commands say of certificates, in one form for all of them."""

from __future__ import annotations

from overlay.ca.protocol import Status


def is_serial(text: str) -> bool:
    """Serials have 20 hexadecimal digits or more; hardly a name has."""
    return len(text) >= 20 and all(char in "0123456789abcdefABCDEF" for char in text)


def as_dict(item: Status) -> dict[str, object]:
    """A certificate, for scripts."""
    return {
        "name": item.party,
        "role": item.role,
        "state": item.state,
        "serial": item.serial,
        "skills": list(item.skills),
        "scopes": list(item.scopes),
        "organisation": item.organisation,
        "qualification": item.qualification,
        "developer": item.developer,
        "function": item.function,
        "issued_at": item.issued_at,
        "not_after": item.not_after,
        "reason": item.reason,
        "revoked_at": item.revoked_at,
        "restored_at": item.restored_at,
    }
