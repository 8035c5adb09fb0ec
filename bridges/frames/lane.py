"""What waits of one priority: each sender has its turn, by deficit round robin (GW-15). Pure."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

T = TypeVar("T")
_OTHERS = ""
_SHRUNK = 0.75


class Flow(Generic[T]):
    """What waits of one sender, in order of arrival."""

    __slots__ = ("credit", "load", "quantum", "waiting")

    def __init__(self, quantum: int) -> None:
        self.quantum = quantum
        self.credit = quantum
        self.load = 0
        """In bytes."""
        self.waiting: deque[tuple[T, int]] = deque()


class Lane(Generic[T]):
    """Every act is O(1) in the number of senders, but `heaviest`, which looks at all of them now and then.

    A sender may send `quantum` bytes in a turn, times its weight. `senders` have flows of their own; those
    who come while so many wait share one.
    """

    def __init__(self, quantum: int, senders: int) -> None:
        self.count = 0
        self.load = 0
        self._quantum = quantum
        self._senders = senders
        self._flows: dict[str, Flow[T]] = {}
        self._turns: deque[tuple[str, Flow[T]]] = deque()
        self._heaviest: Flow[T] | None = None
        self._heaviest_was = 0

    def push(self, item: T, size: int, sender: str, weight: int) -> None:
        """To the end of what waits of `sender`."""
        flow = self._flows.get(sender) or self._flow(sender)
        flow.quantum = self._quantum * weight
        flow.waiting.append((item, size))
        flow.load += size
        self.count += 1
        self.load += size
        if flow.load > self._heaviest_was:
            self._heaviest, self._heaviest_was = flow, flow.load

    def next_size(self) -> int:
        """Of what `pop` gives. Call it first, and only when something waits."""
        turns = self._turns
        while True:
            name, flow = turns[0]
            if not flow.waiting:
                turns.popleft()
                del self._flows[name]
                continue
            size = flow.waiting[0][1]
            if size <= flow.credit or len(turns) == 1:
                return size
            flow.credit += flow.quantum
            turns.rotate(-1)

    def pop(self) -> T:
        """The next one, of whose turn it is."""
        name, flow = self._turns[0]
        item, size = flow.waiting.popleft()
        flow.credit = max(0, flow.credit - size)
        flow.load -= size
        self.count -= 1
        self.load -= size
        if not flow.waiting:
            self._turns.popleft()
            del self._flows[name]
        return item

    def load_of(self, sender: str) -> int:
        """How many bytes wait of this sender."""
        flow = self._flows.get(sender) or self._flows.get(_OTHERS)
        return flow.load if flow else 0

    def heaviest(self) -> Flow[T] | None:
        """Whose waiting messages are the most bytes, about: nobody has a third more. None: nothing waits."""
        flow = self._heaviest
        if flow is None or flow.load < self._heaviest_was * _SHRUNK:
            flow = max(self._flows.values(), key=lambda one: one.load, default=None)
            self._heaviest, self._heaviest_was = flow, flow.load if flow else 0
        return flow if flow and flow.waiting else None

    def shed(self, flow: Flow[T]) -> T:
        """Take out the newest of a flow of ours: those before it keep their order."""
        item, size = flow.waiting.pop()
        flow.load -= size
        self.count -= 1
        self.load -= size
        return item

    def drain(self) -> list[T]:
        """Everything that waits."""
        left = [item for flow in self._flows.values() for item, _ in flow.waiting]
        self._flows.clear()
        self._turns.clear()
        self._heaviest, self._heaviest_was = None, 0
        self.count = self.load = 0
        return left

    def _flow(self, sender: str) -> Flow[T]:
        if len(self._flows) >= self._senders:
            sender = _OTHERS
        flow = self._flows.get(sender)
        if flow is None:
            flow = self._flows[sender] = Flow(self._quantum)
            self._turns.append((sender, flow))
        return flow
