"""The answer to a registration that an administrator has to decide. Pure."""

from __future__ import annotations

from typing import ClassVar

from overlay.errors import Unavailable


class RegistrationHeld(Unavailable):
    """The entry waits for an administrator: until then the agent is neither found nor reached. Register the
    same again later.
    """

    reason: ClassVar[str] = "registration-held"
