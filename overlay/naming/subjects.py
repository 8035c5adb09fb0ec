"""Subjects (NATS) and routing keys (RabbitMQ, one topic exchange): the same strings (design §2). Pure.

    ov.<class>.<priority>.agent.<to>.<from>           to an agent of this domain, any of its processes
    ov.<class>.<priority>.proc.<to>.<slot>.<from>     to one process of an agent: answers
    ov.<class>.<priority>.out.<domain>.<to>.<from>    to an agent of another domain; a gateway reads it
    ov.<class>.<priority>.chan.<home>.<channel>.<from>  to each member of a channel; a gateway reads it, too
    ov.rel.<priority>.park.<lot>.<domain>.<to>.<author>.<from>  from the gateway, to itself: for later
    ov.svc.<service>.<operation>.<from>               a question to a service of this domain
    ov.news.<topic>.<from>                            from a service to every process of this domain
    ov.link.<to>.hello.<from>.<from-process>          another domain's gateway greets
    ov.link.<to>.<process>.<from>.<from-process>      a frame of a link session between two processes

The last tokens say who publishes; the broker's permissions hold everybody to their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

from overlay.errors import BadName
from overlay.naming.ids import check_name, domain_of_token, domain_token

ROOT = "ov"
HELLO = "hello"
NEWS = "ov.news"


class Class(StrEnum):
    """What is promised for a message (design §4)."""

    REALTIME = "rt"
    RELIABLE = "rel"


class Priority(StrEnum):
    """How important a message is, from first served to first shed."""

    CRITICAL = "critical"
    HIGH = "high"
    NORMAL = "normal"
    BULK = "bulk"


@dataclass(frozen=True, slots=True)
class ToAgent:
    """To an agent of this domain; whichever of its processes is free reads it."""

    cls: Class
    priority: Priority
    to: str
    sender: str

    def __str__(self) -> str:
        return f"ov.{self.cls}.{self.priority}.agent.{self.to}.{self.sender}"


@dataclass(frozen=True, slots=True)
class ToProcess:
    """To one process of an agent of this domain."""

    cls: Class
    priority: Priority
    to: str
    slot: str
    sender: str

    def __str__(self) -> str:
        return f"ov.{self.cls}.{self.priority}.proc.{self.to}.{self.slot}.{self.sender}"


@dataclass(frozen=True, slots=True)
class ToDomain:
    """To an agent of another domain, by way of this domain's gateway."""

    cls: Class
    priority: Priority
    domain: str
    to: str
    sender: str

    def __str__(self) -> str:
        return f"ov.{self.cls}.{self.priority}.out.{domain_token(self.domain)}.{self.to}.{self.sender}"


@dataclass(frozen=True, slots=True)
class ToChannel:
    """To the members of a channel in this domain, each of them; the channel is of the domain `home`."""

    cls: Class
    priority: Priority
    home: str
    channel: str
    sender: str

    def __str__(self) -> str:
        return f"ov.{self.cls}.{self.priority}.chan.{domain_token(self.home)}.{self.channel}.{self.sender}"


@dataclass(frozen=True, slots=True)
class ToService:
    """A question to a service of this domain."""

    service: str
    operation: str
    sender: str

    def __str__(self) -> str:
        return f"ov.svc.{self.service}.{self.operation}.{self.sender}"


@dataclass(frozen=True, slots=True)
class ToAll:
    """News from a service to every process of this domain: signed, and not secret."""

    topic: str
    sender: str

    def __str__(self) -> str:
        return f"{NEWS}.{self.topic}.{self.sender}"


@dataclass(frozen=True, slots=True)
class ToLink:
    """From a gateway process to a gateway process of another domain, on either one's broker.

    `process` is `hello` for a greeting, which goes to whichever process is free. `to` and `sender` are the
    names that both have at *this* broker: `gw`, or `link-…` for the foreign one.
    """

    to: str
    process: str
    sender: str
    sender_process: str

    def __str__(self) -> str:
        return f"ov.link.{self.to}.{self.process}.{self.sender}.{self.sender_process}"


Subject = ToAgent | ToProcess | ToDomain | ToChannel | ToService | ToAll | ToLink


def parked_subject(departing: str, lot: int, gateway: str) -> str:
    """Where a stored message waits that departed on this subject, a `ToDomain`."""
    root, cls, priority, _, *rest = departing.split(".")
    return ".".join((root, cls, priority, "park", f"l{lot}", *rest, gateway))


def unparked_subject(parked: str) -> str:
    """The subject on which it departed."""
    root, cls, priority, _, _, *rest, _ = parked.split(".")
    return ".".join((root, cls, priority, "out", *rest))


@lru_cache(maxsize=16384)
def parse_subject(text: str) -> Subject:
    """The exact inverse of `str`. Raises BadName: no wildcard, no empty or odd token gets through."""
    match text.split("."):
        case ["ov", "svc", service, operation, sender]:
            return ToService(check_name(service), check_name(operation), check_name(sender))
        case ["ov", "news", topic, sender]:
            return ToAll(check_name(topic), check_name(sender))
        case ["ov", "link", to, process, sender, sender_process]:
            names = (check_name(process), check_name(sender), check_name(sender_process))
            return ToLink(check_name(to), *names)
        case ["ov", cls, priority, *rest]:
            return _parse_lane(text, _lane(text, cls, priority), rest)
        case _:
            raise _not_a_subject(text)


def _parse_lane(text: str, lane: tuple[Class, Priority], rest: list[str]) -> Subject:
    match rest:
        case ["agent", to, sender]:
            return ToAgent(*lane, check_name(to), check_name(sender))
        case ["proc", to, slot, sender]:
            return ToProcess(*lane, check_name(to), check_name(slot), check_name(sender))
        case ["out", domain, to, sender]:
            return ToDomain(*lane, domain_of_token(domain), check_name(to), check_name(sender))
        case ["chan", home, channel, sender]:
            return ToChannel(*lane, domain_of_token(home), check_name(channel), check_name(sender))
        case _:
            raise _not_a_subject(text)


def _not_a_subject(text: str) -> BadName:
    return BadName(f"{text!r} is not a subject of the overlay (docs/architecture.md lists them)")


def _lane(text: str, cls: str, priority: str) -> tuple[Class, Priority]:
    try:
        return Class(cls), Priority(priority)
    except ValueError as error:
        raise BadName(f"{text!r} is not a subject of the overlay: {error}") from error
