"""Whether a task that failed is tried once more, when, and by whom (AG-3). Pure."""

from __future__ import annotations

import math
from typing import Literal, get_args

import msgspec

from overlay.errors import BadInput

Cause = Literal["unreachable", "overloaded", "failed", "refused"]
"""Of a failure: no word of the executor for `silence_s`, or it forgot the task; it had no room; the handler
failed; it was refused."""
CAUSES: tuple[str, ...] = get_args(Cause)
_MOST_TIMES = 100


class Retry(msgspec.Struct, frozen=True):
    """A policy: `Retry(times=3, on=("unreachable", "failed"))`. Whoever lets a task be tried again must be
    able to bear that it was done in part, or, where an executor was silent, that it is done twice. An agent
    that has *not begun* is passed over in any case, where the task was given to a skill.
    """

    times: int = 0
    """Attempts after the first one."""
    first_s: float = 1.0
    """The pause before the second attempt."""
    factor: float = 2.0
    """Each further pause is so much longer."""
    most_s: float = 60.0
    """No pause is longer."""
    on: tuple[Cause, ...] = ("unreachable", "overloaded")
    other: bool = True
    """Rather by another agent with the skill, if the task was given to a skill; else by the same one."""
    silence_s: float = 0.0
    """After so long without a word the executor counts as unreachable; 0: `task_silence_s`."""

    def __post_init__(self) -> None:
        if not 0 <= self.times <= _MOST_TIMES:
            raise BadInput(f"a task is tried again 0 to {_MOST_TIMES} times, not {self.times}")
        if not (1 <= self.factor < math.inf and 0 <= self.first_s < math.inf and 0 <= self.most_s < math.inf):
            raise BadInput("first_s and most_s of a retry are seconds, and its factor is 1 or more")
        if wrong := [cause for cause in self.on if cause not in CAUSES]:
            raise BadInput(f"{wrong[0]!r} is no cause of a retry: {', '.join(CAUSES)}")
        if not 0 <= self.silence_s < math.inf:
            raise BadInput("silence_s of a retry is a number of seconds; 0: as usual")

    def allows(self, cause: Cause, attempt: int) -> bool:
        """Whether there is another attempt after attempt number `attempt` ended so:
        `if retry.allows("failed", attempt=1)`.
        """
        return attempt <= self.times and cause in self.on

    def pause_s(self, attempt: int) -> float:
        """How long to wait after attempt number `attempt`: `await asyncio.sleep(retry.pause_s(1))`."""
        steps = min(attempt - 1, 200)
        try:
            return min(self.first_s * self.factor**steps, self.most_s)
        except OverflowError:
            return self.most_s


NEVER = Retry()
"""Once, by whoever takes it."""
