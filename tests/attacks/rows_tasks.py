"""Attacks on tasks: by who did not give them, and by who gives too many. Pure."""

from __future__ import annotations

from tests.attacks.attack import MEMORY, PURE, Attack

_STRANGERS = "tests/tasks/test_strangers.py::"

TASKS = (
    Attack(
        "task-of-another",
        "read, answer or cancel a task that another agent gave, by its ID",
        "access",
        (MEMORY,),
        "it is not known: `not-found`, or an answer that tells nothing",
        (f"{_STRANGERS}test_another_agent_neither_reads_nor_answers_nor_cancels_a_task",),
    ),
    Attack(
        "task-id-forged",
        "give a task under the ID of another agent's, so that this one is lost or taken for done",
        "names",
        (MEMORY,),
        "tasks are known by creator and ID: it is a task of its own",
        (f"{_STRANGERS}test_the_id_of_another_creators_task_begins_a_task_of_its_own",),
    ),
    Attack(
        "task-after-its-end",
        "answer, cancel or begin again a task that has ended; one that was forgotten",
        "bounds",
        (MEMORY, PURE),
        "`refused`; what ended well stays as it is",
        (
            f"{_STRANGERS}test_nothing_happens_to_a_task_after_its_end",
            f"{_STRANGERS}test_a_task_that_may_have_been_done_and_forgotten_is_not_begun_again",
            "tests/tasks/test_states.py::"
            "test_the_book_takes_legal_transitions_only_and_numbers_events_without_gaps",
        ),
    ),
    Attack(
        "task-flood",
        "give tasks without end, or nonsense about tasks",
        "bounds",
        (MEMORY,),
        "`overloaded` over `tasks_per_creator`, others have room; `bad-input`",
        (
            f"{_STRANGERS}test_who_floods_with_tasks_is_told_so_and_others_have_room",
            f"{_STRANGERS}test_nonsense_about_tasks_is_refused",
        ),
    ),
)
