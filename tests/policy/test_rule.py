"""One rule of an access policy: the names that it may hold (GW-17)."""

from __future__ import annotations

import pytest

from overlay.errors import BadInput, BadSettings
from overlay.policy.access import allowing
from overlay.policy.rule import check_origin


@pytest.mark.parametrize(
    "origin",
    [
        "Alice@a.example",
        "*",
        "*@*",
        "a*@a.example",
        "alice@*.example",
        "@a.example",
        "alice@",
        "a.example.",
        "a..b",
        "",
    ],
)
def test_names_that_are_none_are_refused(origin: str) -> None:
    with pytest.raises(BadInput):
        check_origin(origin)
    with pytest.raises(BadSettings):
        allowing((origin,))
