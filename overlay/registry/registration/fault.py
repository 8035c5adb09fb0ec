"""What is wrong with what an agent says of itself, all of it at once. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from overlay.errors import BadInput, OverlayError

_SHOWN = 12


class Fault(msgspec.Struct, frozen=True):
    """One field that cannot be taken."""

    field: str
    """As in the profile: `skills[2].abstract`."""
    wrong: str
    allowed: str
    """Or what to do."""
    kind: type[OverlayError] = BadInput

    def __str__(self) -> str:
        return f"{self.field} {self.wrong} ({self.allowed})"


def raise_faults(faults: Sequence[Fault], what: str = "the profile") -> None:
    """Raises what they all are, or BadInput; the text names each, up to a dozen."""
    if not faults:
        return
    kinds = {fault.kind for fault in faults}
    kind = kinds.pop() if len(kinds) == 1 else BadInput
    said = "; ".join(str(fault) for fault in faults[:_SHOWN])
    more = f"; and {len(faults) - _SHOWN} more" if len(faults) > _SHOWN else ""
    raise kind(f"{what} is not accepted: {said}{more}")
