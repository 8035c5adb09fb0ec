"""One answer to malformed certificates. Pure.

`cryptography` reads a certificate piece by piece, as it is asked for, so that any look at one may fail.
What it only warns of (a negative serial number, say) is malformed here too.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from overlay.errors import BadCertificate

_MALFORMED = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    UserWarning,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)


@contextmanager
def malformed_is_bad(what: str) -> Iterator[None]:
    """Raises BadCertificate in place of whatever the parser says of `what`."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            yield
    except _MALFORMED as error:
        raise BadCertificate(f"{what} is malformed: {error}") from error
