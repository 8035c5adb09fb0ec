"""Tasks that agents give each other. Pure."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class TaskSettings(BaseSettings):
    """Tasks that agents give each other (AG-3)."""

    task_answer_s: float = Field(
        0.1,
        ge=0,
        le=5,
        description="How long the answer to a task waits for its end: a shorter task costs one round trip",
    )
    task_poll_s: float = Field(
        5.0, gt=0, le=300, description="How long a creator that asks for events waits for the next one"
    )
    task_late_s: float = Field(
        3.0, gt=0, le=300, description="After which an answer counts as lost, and is asked for again"
    )
    task_followers: int = Field(
        128, ge=1, le=10_000, description="Creators that wait so at one process of an executor"
    )
    task_again_s: float = Field(
        0.5, ge=0, le=60, description="When a creator asks again that could not wait, or was not answered"
    )
    task_look_s: float = Field(
        0.2, gt=0, le=60, description="How often a process looks what other processes of its agent wrote down"
    )
    task_silence_s: float = Field(
        60.0,
        gt=0,
        le=86400,
        description="After so long without a word an executor counts as unreachable, where that is retried",
    )
    task_deadline_s: float = Field(
        86400.0, gt=0, le=2_592_000, description="When a task has failed, unless its creator says otherwise"
    )
    task_deadline_most_s: float = Field(
        2_592_000.0, gt=0, le=31_536_000, description="The latest deadline that an executor grants"
    )
    task_cleanup_s: float = Field(
        10.0, ge=0, le=600, description="How long a handler that was cancelled may take to clean up"
    )
    task_kept_s: float = Field(
        3600.0, ge=1, le=31_536_000, description="How long a task is remembered after its end"
    )
    task_ended_kept: int = Field(
        10_000, ge=1, le=1_000_000, description="Ended tasks of one creator that are remembered at most"
    )
    tasks_at_once: int = Field(
        64, ge=1, le=10_000, description="Tasks that one process does side by side; others are pending"
    )
    tasks_per_creator: int = Field(
        1000, ge=1, le=1_000_000, description="Tasks of one creator at one executor that have not ended"
    )
    tasks_open: int = Field(
        100_000, ge=1, le=10_000_000, description="The same, of all creators; and that one agent gave"
    )
    task_events: int = Field(10_000, ge=10, le=1_000_000, description="Events of one task")
    task_event_bytes: int = Field(
        64 * 1024, ge=256, le=1024 * 1024, description="The largest intermediate result, question or input"
    )
    task_result_bytes: int = Field(
        256 * 1024, ge=256, le=2 * 1024 * 1024, description="The largest result; a file goes as a reference"
    )
    task_saved_bytes: int = Field(
        1024 * 1024, ge=256, le=64 * 1024 * 1024, description="What a handler may save of one task"
    )
