"""Mailboxes: what a party reads, named once for every broker. Pure.

A mailbox is a set of subjects that one party reads. Its *realtime* half is gone when nobody reads; its
*stored* half keeps `reliable` messages until they are acknowledged. On NATS a mailbox is a list of
subscriptions and a durable consumer, on RabbitMQ two queues with bindings. Only the provisioner makes them.
"""

from __future__ import annotations

from dataclasses import dataclass

from overlay.naming.ids import check_name
from overlay.naming.subjects import NEWS


@dataclass(frozen=True, slots=True)
class Mailbox:
    """What one party reads under one name.

    `realtime` and `stored` are patterns (`*` is one token, a last `>` one or more). `shared`: several
    processes read it side by side and each message goes to one of them; else there is one reader.
    """

    name: str
    owner: str
    realtime: tuple[str, ...]
    stored: tuple[str, ...]
    shared: bool


def agent_inbox(name: str) -> Mailbox:
    """Where messages to agent `name` arrive; its processes share it."""
    check_name(name)
    return Mailbox(
        f"inbox.{name}",
        name,
        (f"ov.rt.*.agent.{name}.*",),
        (f"ov.rel.*.agent.{name}.*",),
        shared=True,
    )


def process_inbox(name: str, slot: str, *, news: bool = True) -> Mailbox:
    """Where answers to one process of `name` arrive, and news of the domain, unless it is a guest there.
    `slot` is the process's (`Transport.claim_slot`).
    """
    check_name(name)
    check_name(slot)
    read = (f"ov.*.*.proc.{name}.{slot}.*", *((f"{NEWS}.*.*",) if news else ()))
    return Mailbox(f"proc.{name}.{slot}", name, read, (), shared=False)


def service_inbox(service: str) -> Mailbox:
    """Questions to a service; its replicas share it."""
    check_name(service)
    return Mailbox(f"svc.{service}", service, (f"ov.svc.{service}.*.*",), (), shared=True)


def departures(gateway: str) -> Mailbox:
    """What leaves the domain; the processes of its gateway share it."""
    check_name(gateway)
    return Mailbox(f"out.{gateway}", gateway, ("ov.rt.*.out.*.*.*",), ("ov.rel.*.out.*.*.*",), shared=True)


def link_hellos(gateway: str) -> Mailbox:
    """Greetings of other domains' gateways; the processes of `gateway` share them."""
    check_name(gateway)
    return Mailbox(f"hello.{gateway}", gateway, (f"ov.link.{gateway}.hello.*.*",), (), shared=True)


def link_process(holder: str, process: str) -> Mailbox:
    """Frames for one process of `holder` (`gw`, or `link-…` for a foreign gateway at our broker)."""
    check_name(holder)
    check_name(process)
    return Mailbox(f"link.{holder}.{process}", holder, (f"ov.link.{holder}.{process}.*.*",), (), shared=False)


SLOTS = ("s0", "s1", "s2", "s3", "s4")
"""The slots of a party's processes on brokers whose queues are made beforehand; NATS draws random ones. Four
processes, and one more for the second connection of a process that renews its certificate: they do it one
after another.
"""


def mailboxes_of_agent(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for an agent."""
    return (agent_inbox(name), *(process_inbox(name, slot) for slot in SLOTS))


def mailboxes_of_caller(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for one of the domain's own who only asks (an operator)."""
    return tuple(process_inbox(name, slot) for slot in SLOTS)


def mailboxes_of_guest(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for somebody who is not of the domain (yet): a newcomer."""
    return tuple(process_inbox(name, slot, news=False) for slot in SLOTS)


def mailboxes_of_service(service: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for a service: its questions, and the answers to its own."""
    return (service_inbox(service), *mailboxes_of_caller(service))


def mailboxes_of_gateway(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for a domain's own gateway."""
    links = tuple(link_process(name, slot) for slot in SLOTS)
    return (departures(name), link_hellos(name), *links, *mailboxes_of_service(name))


def mailboxes_of_link(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for another domain's gateway (`link-…`)."""
    return (*(link_process(name, slot) for slot in SLOTS), *mailboxes_of_guest(name))


def consumer_name(mailbox: Mailbox) -> str:
    """The durable consumer of a mailbox's stored half on NATS: its name with `=`, which no name contains, for
    the dots that a consumer's name must not have.
    """
    return mailbox.name.replace(".", "=")
