"""What a task ended with (AG-3). Pure."""

from __future__ import annotations

import msgspec

from overlay.content.file_ref import FileRef
from overlay.wire.body import text_of


class TaskResult(msgspec.Struct, frozen=True):
    """The result of a completed task: `print((await task.result()).text)`. A handler may return one, too:
    `return TaskResult(report, media_type="application/json", files=(ref,))`.
    """

    body: bytes = b""
    media_type: str = ""
    files: tuple[FileRef, ...] = ()
    """What is too large for a body: `await agent.fetch_file(ref, path)`."""

    @property
    def text(self) -> str:
        """The body as text. Raises BadInput when it is none (UTF-8)."""
        return text_of(self.body)
