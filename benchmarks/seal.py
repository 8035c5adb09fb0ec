"""What end-to-end sealing costs per message: `python -m benchmarks.seal`."""

from __future__ import annotations

import time
from collections.abc import Callable

from overlay.clock import system_clock
from overlay.naming.ids import PartyId
from overlay.naming.subjects import Class, Priority, ToAgent
from overlay.settings import Settings
from overlay.trust.bundle import TrustBundle, TrustStore
from overlay.trust.credentials import Credentials
from overlay.trust.identity import Role
from overlay.trust.issuing import Issuer, new_root
from overlay.trust.keycard import make_card, open_card
from overlay.trust.keyring import Keyring
from overlay.trust.keys import SealingKey, SigningKey, new_id
from overlay.wire.envelope import Header, decode_envelope, encode_envelope, encode_header

BODY = bytes(300)
MESSAGES = 20_000
ROUNDS = 5
SUBJECT = str(ToAgent(Class.REALTIME, Priority.NORMAL, "bob", "alice"))


class Bench:
    """alice seals for bob."""

    def __init__(self) -> None:
        now = system_clock()
        root, root_key = new_root("a.example", 86400.0 * 30, now)
        issuer, settings = Issuer(root, root_key), Settings()

        def party(name: str) -> Credentials:
            key, who = SigningKey.generate(), PartyId.of(name, "a.example")
            certificate = issuer.issue(key.public, who, Role.AGENT, 86400.0, now)
            return Credentials(certificate, key, (SealingKey.generate(),), (root,))

        self.trust = TrustStore(TrustBundle("a.example", (root,)))
        self.alice, self.bob = party("alice"), party("bob")
        self.sender = Keyring(self.alice, self.trust, system_clock, settings)
        self.receiver = Keyring(self.bob, self.trust, system_clock, settings)
        self.settings = settings
        self.card = open_card(make_card(self.bob, now), self.trust, now)
        self.deadline_ms = int((now + 600) * 1000)
        first = self.seal(wrapped=True)
        self.receiver.open(decode_envelope(first), SUBJECT)
        self.sender.confirm(self.bob.party, decode_envelope(first).header.key_id)

    def seal(self, *, wrapped: bool) -> bytes:
        """One message."""
        return self.sender.seal(
            SUBJECT,
            self.card,
            BODY,
            id=_ID,
            cls=Class.REALTIME,
            priority=Priority.NORMAL,
            deadline_ms=self.deadline_ms,
            always_wrap=wrapped,
        )

    def clear(self) -> bytes:
        """The same envelope without a seal."""
        lane = (Class.REALTIME, Priority.NORMAL)
        header = Header(_ID, "alice@a.example", "bob@a.example", *lane, self.deadline_ms, _ID, 1)
        return encode_envelope(encode_header(header), BODY)

    def open(self, data: bytes) -> None:
        """One message, from its bytes."""
        self.receiver.open(decode_envelope(data), SUBJECT)

    def first_contact(self) -> None:
        """A new sending process and a new receiving one: key made, wrapped, signed; checked and unwrapped."""
        self.sender = Keyring(self.alice, self.trust, system_clock, self.settings)
        self.receiver = Keyring(self.bob, self.trust, system_clock, self.settings)
        self.open(self.seal(wrapped=True))


_ID = new_id()


def each_us(work: Callable[[], object], times: int) -> float:
    """Microseconds per call."""
    start = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - start) / times * 1e6


def taking_us(make: Callable[[], bytes], take: Callable[[bytes], object]) -> float:
    """Microseconds to take one message; each is taken once."""
    messages = iter([make() for _ in range(MESSAGES)])
    return each_us(lambda: take(next(messages)), MESSAGES)


def measure(make: Callable[[], bytes], take: Callable[[bytes], object]) -> tuple[float, float, int]:
    """Microseconds to make and to take one, best of some rounds, and its size."""
    best_make = min(each_us(make, MESSAGES) for _ in range(ROUNDS))
    best_take = min(taking_us(make, take) for _ in range(ROUNDS))
    return best_make, best_take, len(make())


def main() -> None:
    """Print the table."""
    bench = Bench()
    rows = {
        "not sealed": measure(bench.clear, decode_envelope),
        "sealed": measure(lambda: bench.seal(wrapped=False), bench.open),
        "sealed, with wrap": measure(lambda: bench.seal(wrapped=True), bench.open),
    }
    print(f"{len(BODY)}-byte body, microseconds per message, best of {ROUNDS} rounds of {MESSAGES}")
    print(f"{'':20}{'seal+encode':>12}{'decode+open':>12}{'bytes':>8}")
    for name, (make, take, size) in rows.items():
        print(f"{name:20}{make:12.2f}{take:12.2f}{size:8}")
    print(f"first contact of two processes, both ends: {each_us(bench.first_contact, 200):.0f} us")


if __name__ == "__main__":
    main()
