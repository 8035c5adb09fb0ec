"""`--watch` where nobody looks, as in a pipe."""

from __future__ import annotations

import asyncio
import re

import pytest

from overlay.cli.printing import line
from overlay.cli.watching import watch
from overlay.errors import Unreachable


async def test_each_view_stands_below_its_time_and_what_fails_is_a_view_too(
    capsys: pytest.CaptureFixture[str],
) -> None:
    looks = iter(("well", ""))

    async def look() -> str:
        found = next(looks, None)
        if found is None:
            raise asyncio.CancelledError
        if not found:
            raise Unreachable("nobody answers")
        return found

    with pytest.raises(asyncio.CancelledError):
        await watch(look, lambda said: [line(said)], 0.0)
    shown = [part.splitlines() for part in capsys.readouterr().out.rstrip().split("\n\n")]
    assert [part[1:] for part in shown] == [["well"], ["overlay: nobody answers"]]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", part[0]) for part in shown)


async def test_what_has_an_end_is_watched_until_then_and_shown_when_it_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:  # AG-5
    looks = iter(("runs", "runs", "done"))

    async def look() -> str:
        return next(looks)

    await watch(look, lambda said: [line(said)], 0.0, lambda said: said == "done")
    shown = [part.splitlines()[1:] for part in capsys.readouterr().out.rstrip().split("\n\n")]
    assert shown == [["runs"], ["done"]]
