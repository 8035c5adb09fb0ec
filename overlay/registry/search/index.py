"""Records in memory, found by party, skill and topic. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from overlay.registry.record import Record


class Index:
    """Records by party; and which parties have a skill (or one below it), or want a topic."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self._records: dict[str, Record] = {}
        self._by_skill: defaultdict[str, set[str]] = defaultdict(set)
        self._by_topic: defaultdict[str, set[str]] = defaultdict(set)
        for record in records:
            self.put(record)

    def __len__(self) -> int:
        return len(self._records)

    def __iter__(self) -> Iterator[Record]:
        return iter(self._records.values())

    def get(self, party: str) -> Record | None:
        """The record of `party`."""
        return self._records.get(party)

    def put(self, record: Record) -> None:
        """Add, or put in place of the party's former one."""
        self.drop(record.party)
        self._records[record.party] = record
        for skill in _skills_and_above(record):
            self._by_skill[skill].add(record.party)
        for topic in record.profile.topics:
            self._by_topic[topic].add(record.party)

    def drop(self, party: str) -> None:
        """Remove, if it is there."""
        record = self._records.pop(party, None)
        if record is None:
            return
        for skill in _skills_and_above(record):
            _discard(self._by_skill, skill, party)
        for topic in record.profile.topics:
            _discard(self._by_topic, topic, party)

    def with_skill(self, skill: str) -> Iterator[Record]:
        """Who has it, or one below it; in no order."""
        return (self._records[party] for party in self._by_skill.get(skill, ()))

    def with_topic(self, topic: str) -> list[Record]:
        """Who wants it; in order of party IDs."""
        return [self._records[party] for party in sorted(self._by_topic.get(topic, ()))]


def _skills_and_above(record: Record) -> set[str]:
    found: set[str] = set()
    for skill in record.profile.skills:
        words = skill.id.split(".")
        found.update(".".join(words[:end]) for end in range(1, len(words) + 1))
    return found


def _discard(table: dict[str, set[str]], key: str, party: str) -> None:
    table[key].discard(party)
    if not table[key]:
        del table[key]
