"""Questions about what of our agents peers may hear (REG-11). Pure."""

from __future__ import annotations

import msgspec


class AskExports(msgspec.Struct, frozen=True):
    """Which export policies are there? `known`: the mark of those that the asker has."""

    known: str = ""


class Exports(msgspec.Struct, frozen=True):
    """Export policies (`overlay.policy.export.encode_export`) by peer; none when `mark` is the one asked."""

    mark: str
    usual: bytes
    """Of peers that have none of their own."""
    policies: dict[str, bytes]


class SetExport(msgspec.Struct, frozen=True):
    """From now on the registry of `domain`, a peer or one to be, hears this; empty: the usual."""

    domain: str
    policy: bytes
