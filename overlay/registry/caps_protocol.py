"""Caps, as the registry is asked for them. Pure."""

from __future__ import annotations

import msgspec


class Caps(msgspec.Struct, frozen=True):
    """The operator's caps (`overlay.quality.caps.encode_caps`; empty: none were set), and the registry's own
    for whoever they do not name, by their settings.
    """

    policy: bytes
    usual: dict[str, int]


class SetCaps(msgspec.Struct, frozen=True):
    """From now on these hold; empty: none."""

    policy: bytes
