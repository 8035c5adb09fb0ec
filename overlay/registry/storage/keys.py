"""The keys under which the registry's state lies. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from overlay.errors import BadInput
from overlay.registry.storage.contract import WRITES_AT_ONCE, Write

_KEY = re.compile(r"[A-Za-z0-9_=-]+(\.[A-Za-z0-9_=-]+)*")
_LONGEST = 200
AGENT: Final = "agent"
"""`agent.<name>`: the record of an agent of ours."""
HEARD: Final = "heard"
"""`heard.<name>.<domain>`: what a peer told us of an agent of its own."""
PEER: Final = "peer"
"""`peer.<domain>`: a peer, its pinned roots, and how far we know its changes."""
FAR: Final = "far"
"""`far.<domain>`: a domain that is no peer, and whose word its roots are believed on."""
DENIED: Final = "denied"
"""`denied.<serial>.<domain>`: a certificate that counts for nothing any more."""
EXPELLED: Final = "expelled"
"""`expelled.<serial>`: the record that stood on a revoked certificate (CA-7)."""
BORDER: Final = "border"
"""The operator's border policy."""
ROUTES: Final = "routes"
"""The operator's next hops (GW-8)."""
CAPS: Final = "caps"
"""The operator's caps (GW-15)."""
EXPORT: Final = "export"
"""`export.<domain>`: what of our agents a peer may hear (REG-11)."""
SIGHT: Final = "sight"
"""The operator's discovery policy (REG-11)."""
EXPERIENCE: Final = "experience"
"""`experience.<id>`: how an agent served somebody (REG-5)."""
ATTACHED: Final = "attached"
"""How many agents have access, by the word of our gateway."""
ROOTS: Final = "roots"
"""The CA's newest statement on our roots, for peers."""
REQUEST: Final = "request"
"""`request.<name>`: a registration that an administrator decides (REG-11)."""
HISTORY: Final = "history"
"""`history.<name>`: former versions of an entry (REG-3)."""
APPROVAL: Final = "approval"
"""The operator's policy of which registrations wait (REG-11)."""
GATE: Final = "gate"
"""`gate.<process>`: a process of our gateway that is alive."""
CHANNEL: Final = "channel"
"""`channel.<name>.<home-domain>`: a channel in which agents of ours are (GW-9)."""
PULSE: Final = "pulse"
"""`pulse.<replica>…`: whom a process of the registry heard lately."""

FORGOTTEN: Final = "forgotten"
"""Up to which revision deletions are forgotten (`overlay.registry.forgetting`)."""


def key(kind: str, *names: str) -> str:
    """The key of `names` of this kind."""
    return ".".join((kind, *names))


def kind_of(stored: str) -> str:
    """The first token."""
    return stored.partition(".")[0]


def rest_of(stored: str) -> str:
    """All after the first token."""
    return stored.partition(".")[2]


def check_writes(writes: Sequence[Write]) -> None:
    """Whether every store takes them in one act. Raises BadInput."""
    if len(writes) > WRITES_AT_ONCE:
        raise BadInput(f"{len(writes)} changes in one act, a store takes up to {WRITES_AT_ONCE}")
    for write in writes:
        if len(write.key) > _LONGEST or not _KEY.fullmatch(write.key):
            raise BadInput(
                f"{write.key!r} is no key: letters, digits, '-', '_' and '=' in tokens joined by dots, "
                f"up to {_LONGEST} characters"
            )
    if len({write.key for write in writes}) < len(writes):
        raise BadInput("one act changes a key twice")
