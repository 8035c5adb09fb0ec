"""Which function of the application handles a message. Pure, but for calling it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from overlay.endpoint.message import Message
from overlay.errors import BadInput, BadName, NotFound
from overlay.naming.ids import check_skill, skill_covers
from overlay.naming.topics import check_pattern, is_wide, most_specific
from overlay.wire.body import Body, to_bytes

Handle = Callable[[Message], Awaitable[Body | None]]
_OURS = "overlay"
"""The first word of topics that the library itself handles."""


class Handlers:
    """The functions that an agent registered."""

    def __init__(self) -> None:
        self._skills: dict[str, Handle] = {}
        self._topics: dict[str, Handle] = {}
        self._wide = False
        """Whether many topics are subscribed to at once."""
        self.reserved: dict[str, Handle] = {}
        """Topics that the library itself handles; they are in no profile."""

    @property
    def skills(self) -> tuple[str, ...]:
        """What is served."""
        return tuple(self._skills)

    @property
    def topics(self) -> tuple[str, ...]:
        """What is subscribed to."""
        return tuple(self._topics)

    def add_skill(self, skill: str, handle: Handle) -> None:
        """Raises BadName, BadInput when it is served already."""
        if _is_ours(check_skill(skill)):
            raise BadName(f"{skill!r}: what begins with {_OURS!r} is the library's own")
        if skill in self._skills:
            raise BadInput(f"the skill {skill!r} has a handler already")
        self._skills[skill] = handle

    def add_topic(self, topic: str, handle: Handle) -> None:
        """Raises BadName, BadInput when it is subscribed to already."""
        if _is_ours(check_pattern(topic)):
            raise BadName(f"{topic!r}: what begins with {_OURS!r} is the library's own")
        if topic in self._topics:
            raise BadInput(f"the topic {topic!r} has a handler already")
        self._topics[topic] = handle
        self._wide = self._wide or is_wide(topic)

    async def __call__(self, message: Message) -> bytes | None:
        """Handle one message. Raises NotFound when nothing here does, TypeError for an answer of no use."""
        answer = await self._of(message.topic)(message)
        try:
            return to_bytes(answer)
        except BadInput as error:  # the asker did nothing wrong
            raise TypeError(
                f"the handler of {message.topic!r} answered with something else: {error}"
            ) from error

    def means(self, topic: str) -> str:
        """Which skill or topic of ours, or pattern of topics, handles a message about `topic`; `topic` itself
        where none does.
        """
        if topic in self._topics or topic in self._skills or _is_ours(topic):
            return topic  # who may publish on many topics may not do so on the library's
        pattern = most_specific(topic, self._topics) if self._wide and topic else None
        if pattern is not None:
            return pattern
        matching = self._matching(topic)
        return matching[0] if len(matching) == 1 else topic

    def _matching(self, topic: str) -> list[str]:
        return [skill for skill in self._skills if not topic or skill_covers(topic, skill)]

    def _of(self, topic: str) -> Handle:
        if topic in self.reserved:
            return self.reserved[topic]
        meant = self.means(topic)
        known = self._topics.get(meant) or self._skills.get(meant)
        if known is not None:
            return known
        served = ", ".join(sorted(self._skills)) or "none"
        if not topic:
            raise NotFound(f"the message names no skill: name one of those served here ({served})")
        raise NotFound(f"{topic!r} is not handled here; skills served: {served}")


def _is_ours(topic: str) -> bool:
    return topic.partition(".")[0] == _OURS
