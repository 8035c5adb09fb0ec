"""Mailboxes: what a party reads, named once for every broker. Pure.

A mailbox is a set of subjects that one party reads. Its *realtime* half is gone when nobody reads; its
*stored* half keeps `reliable` messages until they are acknowledged. On NATS a mailbox is a list of
subscriptions and a durable consumer, on RabbitMQ two queues with bindings. Only the provisioner makes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from overlay.naming.ids import GATEWAY, PartyId, check_name, domain_token, is_link
from overlay.naming.subjects import NEWS, Class, Priority


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


def agent_inbox(name: str, channels: Iterable[PartyId] = ()) -> Mailbox:
    """Where messages to agent `name` arrive, and to the channels that it reads; its processes share it."""
    check_name(name)
    read = sorted(channels)
    return Mailbox(
        f"inbox.{name}",
        name,
        (f"ov.rt.*.agent.{name}.*", *(channel_pattern(Class.REALTIME, channel) for channel in read)),
        (f"ov.rel.*.agent.{name}.*", *(channel_pattern(Class.RELIABLE, channel) for channel in read)),
        shared=True,
    )


def channel_pattern(cls: Class, channel: PartyId) -> str:
    """What is published in a channel (`name@home-domain`), by whomever."""
    return f"ov.{cls}.*.chan.{domain_token(channel.domain)}.{check_name(channel.name)}.*"


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


def departures(gateway: str, priority: Priority) -> Mailbox:
    """What leaves the domain with this priority; the processes of its gateway share it. Apart, so that what
    matters does not wait at the broker behind what does not (GW-13).
    """
    check_name(gateway)
    realtime, stored = (f"ov.{cls}.{priority}.out.*.*.*" for cls in (Class.REALTIME, Class.RELIABLE))
    return Mailbox(f"out.{gateway}.{priority}", gateway, (realtime,), (stored,), shared=True)


LOTS = 8
"""Parking lots of a gateway: fewer domains share one with a domain that is not reached, if there are more."""


def parking_lot(gateway: str, lot: int) -> Mailbox:
    """Where stored messages wait that cannot leave the domain now; the processes of the gateway share it."""
    stored = f"ov.{Class.RELIABLE}.*.park.l{lot}.*.*.*.{check_name(gateway)}"
    return Mailbox(f"park.{gateway}.l{lot}", gateway, (), (stored,), shared=True)


def channel_departures(gateway: str, priority: Priority) -> Mailbox:
    """What is published in channels with this priority; the processes of the gateway share it. Its own
    publications come back to it: they end in its own token.
    """
    check_name(gateway)
    realtime, stored = (f"ov.{cls}.{priority}.chan.*.*.*" for cls in (Class.REALTIME, Class.RELIABLE))
    return Mailbox(f"chan.{gateway}.{priority}", gateway, (realtime,), (stored,), shared=True)


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


GATEWAY_SLOTS = tuple(f"s{number}" for number in range(12))
"""Those of a gateway: four processes with two connections each, one process more while they are restarted in
turn, and renewals. At a peer's broker four processes with two paths each, and again one more.
"""


def slots_of(name: str) -> tuple[str, ...]:
    """The slots of party `name` on such brokers."""
    return GATEWAY_SLOTS if name == GATEWAY or is_link(name) else SLOTS


def mailboxes_of_agent(name: str, channels: Iterable[PartyId] = ()) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for an agent that reads these channels."""
    return (agent_inbox(name, channels), *(process_inbox(name, slot) for slot in SLOTS))


def mailboxes_of_caller(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for one of the domain's own who only asks (an operator)."""
    return tuple(process_inbox(name, slot) for slot in slots_of(name))


def mailboxes_of_guest(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for somebody who is not of the domain (yet): a newcomer."""
    return tuple(process_inbox(name, slot, news=False) for slot in slots_of(name))


def mailboxes_of_service(service: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for a service: its questions, and the answers to its own."""
    return (service_inbox(service), *mailboxes_of_caller(service))


def mailboxes_of_gateway(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for a domain's own gateway."""
    links = tuple(link_process(name, slot) for slot in slots_of(name))
    out = tuple(departures(name, priority) for priority in Priority)
    out = (*out, *(channel_departures(name, priority) for priority in Priority))
    out = (*out, *(parking_lot(name, lot) for lot in range(LOTS)))
    return (*out, link_hellos(name), *links, *mailboxes_of_service(name))


def mailboxes_of_link(name: str) -> tuple[Mailbox, ...]:
    """Everything the provisioner makes for another domain's gateway (`link-…`)."""
    return (*(link_process(name, slot) for slot in slots_of(name)), *mailboxes_of_guest(name))


def consumer_name(mailbox: Mailbox) -> str:
    """The durable consumer of a mailbox's stored half on NATS: its name with `=`, which no name contains, for
    the dots that a consumer's name must not have.
    """
    return mailbox.name.replace(".", "=")
