"""Message keys that others made for us, with what was seen of each. Pure.

The bound per sender keeps one party from pushing out the keys of another; the bound of all is taken from the
domain that has most.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from overlay.naming.subjects import Priority
from overlay.trust.keycard import KeyCard
from overlay.trust.replay import ReplayWindow


@dataclass(slots=True)
class IncomingKey:
    """One message key of one sender."""

    id: bytes
    cipher: AESGCM
    sender: KeyCard
    expiry_ms: int
    trusted: int
    """The trust store's version at which the sender's certificate was last good."""
    wrapped: int = 0
    """How many realtime messages came with a wrap although the key was known."""
    windows: dict[tuple[Priority, bool], ReplayWindow] = field(default_factory=dict)

    def window(self, priority: Priority, to_process: bool) -> ReplayWindow:
        """Counters seen. Priorities, and answers, overtake each other far: each lane has its own."""
        lane = (priority, to_process)
        window = self.windows.get(lane)
        if window is None:
            window = self.windows[lane] = ReplayWindow()
        return window


class IncomingKeys:
    """Keys by sender (`name@domain`) and key ID, bounded."""

    def __init__(self, limit: int, limit_per_sender: int) -> None:
        self._limit = limit
        self._limit_per_sender = limit_per_sender
        self._senders: dict[str, OrderedDict[bytes, IncomingKey]] = {}
        self._domains: dict[str, OrderedDict[str, None]] = {}
        self._counts: Counter[str] = Counter()
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def get(self, sender: str, key_id: bytes) -> IncomingKey | None:
        """The key, if it is known."""
        keys = self._senders.get(sender)
        if keys is None:
            return None
        key = keys.get(key_id)
        if key is not None:
            keys.move_to_end(key_id)
        return key

    def add(self, key: IncomingKey) -> None:
        """Remember a key. Where there are too many, the least recently used of its sender goes."""
        sender, domain = key.sender.name, key.sender.identity.party.domain
        keys = self._senders.setdefault(sender, OrderedDict())
        keys[key.id] = key
        senders = self._domains.setdefault(domain, OrderedDict())
        senders[sender] = None
        senders.move_to_end(sender)
        self._counts[domain] += 1
        self._size += 1
        if len(keys) > self._limit_per_sender:
            self._drop(domain, sender, next(iter(keys)))
        elif self._size > self._limit:
            self._drop_of_largest()

    def drop(self, key: IncomingKey) -> None:
        """Forget one key that is known."""
        self._drop(key.sender.identity.party.domain, key.sender.name, key.id)

    def forget_domain(self, domain: str) -> None:
        """Forget all keys of a domain's parties."""
        for sender in self._domains.pop(domain, ()):
            del self._senders[sender]
        self._size -= self._counts.pop(domain, 0)

    def _drop_of_largest(self) -> None:
        domain = max(self._counts, key=self._counts.__getitem__)
        sender = next(iter(self._domains[domain]))
        self._drop(domain, sender, next(iter(self._senders[sender])))

    def _drop(self, domain: str, sender: str, key_id: bytes) -> None:
        keys = self._senders[sender]
        del keys[key_id]
        self._counts[domain] -= 1
        self._size -= 1
        if not keys:
            del self._senders[sender]
            del self._domains[domain][sender]
        if not self._domains[domain]:
            del self._domains[domain], self._counts[domain]
