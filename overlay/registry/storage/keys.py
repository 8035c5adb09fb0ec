"""The keys under which the registry's state lies. Pure."""

from __future__ import annotations

from typing import Final

AGENT: Final = "agent"
"""`agent.<name>`: the record of an agent of ours."""
HEARD: Final = "heard"
"""`heard.<name>.<domain>`: what a peer told us of an agent of its own."""
PEER: Final = "peer"
"""`peer.<domain>`: a peer, its pinned roots, and how far we know its changes."""
DENIED: Final = "denied"
"""`denied.<serial>.<domain>`: a certificate that counts for nothing any more."""
EXPELLED: Final = "expelled"
"""`expelled.<serial>`: the record that stood on a revoked certificate (CA-7)."""
BORDER: Final = "border"
"""The operator's border policy."""
ROOTS: Final = "roots"
"""The CA's newest statement on our roots, for peers."""
PULSE: Final = "pulse"
"""`pulse.<replica>…`: whom a process of the registry heard lately."""


def key(kind: str, *names: str) -> str:
    """The key of `names` of this kind."""
    return ".".join((kind, *names))


def kind_of(stored: str) -> str:
    """The first token."""
    return stored.partition(".")[0]


def rest_of(stored: str) -> str:
    """All after the first token."""
    return stored.partition(".")[2]
