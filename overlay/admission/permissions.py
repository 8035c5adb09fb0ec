"""What each role may publish and read at its domain's broker, whichever broker that is. Pure.

This keeps order and quotas; it proves nothing about who sent a message (design §2): seals do.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from overlay.errors import Refused
from overlay.naming.ids import CA, GATEWAY, REGISTRY, SERVICES, PartyId, check_name
from overlay.naming.inside import Inside
from overlay.naming.mailboxes import (
    Mailbox,
    mailboxes_of_agent,
    mailboxes_of_caller,
    mailboxes_of_gateway,
    mailboxes_of_guest,
    mailboxes_of_link,
    mailboxes_of_service,
)
from overlay.naming.subjects import NEWS, Class
from overlay.trust.identity import Role


@dataclass(frozen=True, slots=True)
class Grant:
    """What one party may do. Nothing else is permitted."""

    name: str
    publish: tuple[str, ...]
    """Patterns (`*` is one token); realtime and reliable ones are apart (`ov.rt.…`, `ov.rel.…`)."""
    read: tuple[Mailbox, ...]
    """All its mailboxes; those of its processes stand for any slot where the broker needs none prepared."""


def grant_for(
    role: Role, name: str, channels: Iterable[PartyId] = (), inside: Inside = Inside.DIRECT
) -> Grant:
    """What party `name` may do in this `role`; an agent reads these `channels`. `inside`: whether it may
    publish straight to other agents, and in channels (GW-11). Raises BadName; Refused for a role that never
    logs in.

    Any agent may publish in any channel: seals prove who did, and receivers drop what is of no member.
    """
    check_name(name)
    match role:
        case Role.AGENT:
            whom = ("*",) if inside is Inside.DIRECT else SERVICES
            publish = tuple(lane for to in whom for lane in _to(to, name))
            publish = (*publish, *_lanes("out.*.*", name))
            if inside is Inside.DIRECT:  # what is published goes to members straight from the broker
                publish = (*publish, *_lanes("chan.*.*", name))
            return Grant(name, (*publish, *_asks(name)), mailboxes_of_agent(name, channels))
        case Role.SERVICE:
            publish = (*_lanes("agent.*", name), *_lanes("proc.*.*", name))
            news = f"{NEWS}.*.{name}"
            return Grant(
                name, (*publish, *_asks(name), f"ov.svc.{GATEWAY}.*.{name}", news), mailboxes_of_service(name)
            )
        case Role.GATEWAY:
            publish = (*_lanes("agent.*", name), *_lanes("proc.*.*", name), f"ov.link.*.*.{name}.*")
            publish = (*publish, *_lanes("chan.*.*", name), f"ov.{Class.RELIABLE}.*.park.*.*.*.*.{name}")
            return Grant(name, (*publish, *_asks(name)), mailboxes_of_gateway(name))
        case Role.OPERATOR:
            return Grant(name, (*_asks(name), f"ov.svc.{GATEWAY}.*.{name}"), mailboxes_of_caller(name))
        case Role.LINK:
            return Grant(name, (f"ov.link.{GATEWAY}.*.{name}.*",), mailboxes_of_link(name))
        case Role.JOIN:
            asks = tuple(f"ov.svc.{CA}.{operation}.{name}" for operation in ("apply", "reclaim"))
            return Grant(name, asks, mailboxes_of_guest(name))
        case Role.BROKER:
            raise Refused("the certificate of a broker is for its server, not for logging in")


def _lanes(rest: str, name: str) -> tuple[str, ...]:
    # The class is spelled out: `ov.*.*.agent.*.alice` would cover subjects of links as well.
    return tuple(f"ov.{cls}.*.{rest}.{name}" for cls in Class)


def _to(receiver: str, name: str) -> tuple[str, ...]:
    return (*_lanes(f"agent.{receiver}", name), *_lanes(f"proc.{receiver}.*", name))


def _asks(name: str) -> tuple[str, ...]:
    return (f"ov.svc.{CA}.*.{name}", f"ov.svc.{REGISTRY}.*.{name}")
