"""How messages between agents of one domain go: straight over its broker, or through its gateway. Pure."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Inside(StrEnum):
    """As the domain's operator decides (GW-11)."""

    DIRECT = "direct"
    GATEWAY = "gateway"


DIRECT: Final = Inside.DIRECT
