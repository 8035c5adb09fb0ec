"""The answer to an application that an administrator has to decide. Pure."""

from __future__ import annotations

from typing import ClassVar

from overlay.errors import Unavailable


class Held(Unavailable):
    """The application waits for an administrator: ask again later, with the same key."""

    reason: ClassVar[str] = "held"

    def __init__(self, request: str, enrolment: bytes) -> None:
        """`enrolment`: a certificate (DER) for the join token's key, good for as long as this may take."""
        super().__init__(
            f"held: the application is request {request}, and waits for the domain's operator "
            f"(`overlay ca approve {request}`); ask again with the same join token"
        )
        self.request = request
        self.enrolment = enrolment
