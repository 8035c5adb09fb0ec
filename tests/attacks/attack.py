"""One row of the table of attacks. Pure."""

from __future__ import annotations

from dataclasses import dataclass

PURE, MEMORY, NATS, RABBITMQ = "pure", "memory", "NATS", "RabbitMQ"
BOTH = (NATS, RABBITMQ)

HERE = "tests/attacks/"


@dataclass(frozen=True, slots=True)
class Attack:
    """An attack, and what becomes of it."""

    id: str
    tries: str
    """What the attacker does."""
    promise: str
    """Which promise of docs/security.md it attacks: a word of `PROMISES`."""
    where: tuple[str, ...]
    """On what it is run: live brokers, the broker in memory, or no broker at all."""
    refusal: str
    """What becomes of it, the reason, and who writes it down or counts it."""
    tests: tuple[str, ...]
    """Node IDs. All of them together show it."""


PROMISES = {
    "names": "nobody sends under another's name",
    "bodies": "nobody but the receiver reads a body",
    "mailboxes": "nobody reads or deletes what is kept for another",
    "admission": "the broker lets in its own domain's certificates only, each to what is its own",
    "enrolment": "a newcomer's token works once, for one name",
    "borders": "a peer speaks for its own agents only",
    "revocation": "who is revoked is out",
    "access": "being found grants nothing: the receiver decides",
    "registration": "who is not registered is not found and takes no part; entries say what is granted",
    "discovery": "nobody finds what is hidden from it, or decides how others are ranked",
    "bounds": "hostile input is an error with a reason and a counter; every table and queue has a bound",
}
