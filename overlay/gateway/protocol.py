"""What is asked of the gateway and what it answers. Pure."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Op(StrEnum):
    """The operations: tokens of subjects. Any process of the gateway answers, for itself."""

    LINKS = "links"
    LOOKUP = "lookup"


class LinkTold(msgspec.Struct, frozen=True):
    """How the link to one peer stands, as the process that answers sees it."""

    domain: str
    online: bool
    state: str


class Links(msgspec.Struct, frozen=True):
    """Of the process of the gateway that has the slot `process`."""

    process: str
    links: tuple[LinkTold, ...]
    counters: dict[str, int]
