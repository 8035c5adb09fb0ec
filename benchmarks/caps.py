"""What a message costs at the caps of a gateway: python -m benchmarks.caps."""

from __future__ import annotations

import time

from bridges.quality.caps import Caps
from overlay.naming.subjects import Class, Priority
from overlay.quality.caps import Cap, CapsPolicy
from overlay.wire.envelope import Header

_MESSAGES = 100_000
_MUCH = Cap(messages_per_s=1e9, bytes_per_s=1e12)
_POLICIES = {
    "no caps": CapsPolicy(),
    "agent": CapsPolicy(agent=Cap(messages_per_s=1e9)),
    "agent and domain": CapsPolicy(agent=Cap(messages_per_s=1e9), domain=Cap(messages_per_s=1e9)),
    "agent, organisation, domain and peer, messages and bytes": CapsPolicy(
        agent=_MUCH, organisation=_MUCH, domain=_MUCH, peer=_MUCH
    ),
}


def _cost(policy: CapsPolicy, senders: int) -> float:
    """Microseconds a message."""
    caps = Caps("a.example", lambda _: "Acme", lambda _: 0.0)
    caps.use(policy, 1)
    headers = [
        Header(
            bytes(16),
            f"agent-{number}@a.example",
            "bob@b.example",
            Class.REALTIME,
            Priority.NORMAL,
            1,
            bytes(16),
            0,
        )
        for number in range(senders)
    ]
    begin = time.process_time()
    for number in range(_MESSAGES):
        caps.leave(headers[number % senders], 400, "b.example", time.monotonic())
    return (time.process_time() - begin) / _MESSAGES * 1e6


if __name__ == "__main__":
    for name, policy in _POLICIES.items():
        print(f"{name}, 100 senders: {_cost(policy, 100):.2f} µs a message")
