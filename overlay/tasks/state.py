"""The states of a task, and which may follow which (AG-3). Pure."""

from __future__ import annotations

from enum import StrEnum


class TaskState(StrEnum):
    """Where a task is. Its executor decides; everybody else follows."""

    PENDING = "pending"
    """Taken, and not begun: or begun, and to be begun again."""
    IN_PROGRESS = "in-progress"
    INPUT_WANTED = "input-wanted"
    """It waits for an answer of its creator."""
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Nothing follows: `if task.state.ended`."""
        return not _NEXT[self]

    def may_become(self, other: TaskState) -> bool:
        """Whether `other` may follow at once: `TaskState.PENDING.may_become(TaskState.IN_PROGRESS)`."""
        return other in _NEXT[self]


_NEXT: dict[TaskState, frozenset[TaskState]] = {
    TaskState.PENDING: frozenset({TaskState.IN_PROGRESS, TaskState.FAILED, TaskState.CANCELLED}),
    TaskState.IN_PROGRESS: frozenset(
        {
            TaskState.IN_PROGRESS,  # another process of the executor went on with it
            TaskState.PENDING,
            TaskState.INPUT_WANTED,
            TaskState.COMPLETED,
            TaskState.FAILED,
            TaskState.CANCELLED,
        }
    ),
    TaskState.INPUT_WANTED: frozenset(
        {TaskState.IN_PROGRESS, TaskState.PENDING, TaskState.FAILED, TaskState.CANCELLED}
    ),
    TaskState.COMPLETED: frozenset(),
    TaskState.FAILED: frozenset(),
    TaskState.CANCELLED: frozenset(),
}
