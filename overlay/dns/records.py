"""The records of a domain, and what keeps others from reaching it (REG-9). Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

from overlay.dns.statement import Statement, default_web, name_of
from overlay.transport.address import BrokerAddress, BrokerKind

_STRING = 255
_STEP = 10
SERVICES = {BrokerKind.NATS: "_overlay-nats._tcp", BrokerKind.RABBITMQ: "_overlay-amqps._tcp"}
"""SRV has no place for the protocol, so that each kind of broker has a name of its own."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record, `data` as in a zone file."""

    name: str
    """With its last dot."""
    kind: str
    data: str


@dataclass(frozen=True, slots=True)
class Publication:
    """What a domain puts into the DNS."""

    domain: str
    records: tuple[Record, ...]
    missing: tuple[str, ...]
    """What has to be done elsewhere, or keeps others from reaching the domain; for people."""


def publication(said: Statement, brokers: Sequence[BrokerAddress], *, written: bool = False) -> Publication:
    """The TXT record, and an SRV record for each broker address of use to others, the first preferred.
    `written`: the peering file is.
    """
    named = [(at, broker) for at, broker in enumerate(brokers, 1) if not why_unnamed(broker.host)]
    records = [Record(f"{name_of(said.domain)}.", "TXT", quoted(said.text))]
    for at, broker in named:
        name = f"{SERVICES[broker.kind]}.{said.domain}."
        records.append(Record(name, "SRV", f"{at * _STEP} {_STEP} {broker.port} {broker.host}."))
    missing = _missing(said, brokers, named=bool(named), written=written)
    return Publication(said.domain, tuple(records), tuple(missing))


def quoted(text: str) -> str:
    """Text as the strings of a TXT record, none of them longer than the 255 bytes that one may have."""
    parts = [text[at : at + _STRING] for at in range(0, len(text), _STRING)]
    return " ".join(f'"{part}"' for part in parts)


def why_unnamed(host: str) -> str:
    """Why there is no SRV record for a broker at this host; empty: there is one."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith(".localhost"):
            return "is this machine only: nobody outside reaches it"
        return "" if "." in host else "is a name that means something in its own network only"
    if address.is_loopback:
        return "is this machine only: nobody outside reaches it"
    return "is an address, and SRV records need a name"


def _missing(said: Statement, brokers: Sequence[BrokerAddress], *, named: bool, written: bool) -> list[str]:
    found = [f"{broker} {why}" for broker in brokers if (why := why_unnamed(broker.host))]
    if found:
        found[-1] += " (`public_urls` in domain.toml says where gateways of peers reach the broker)"
    if not named:
        found.append(
            "no broker of this domain can be reached by name from outside: it can federate only with domains "
            "whose brokers it reaches itself"
        )
    hosts = sorted({broker.host for broker in brokers if not why_unnamed(broker.host)})
    found += [f"{host} needs an address record (A or AAAA), if it has none" for host in hosts]
    web = said.web or default_web(said.domain)
    found.append(
        f"the peering file has to be served under {web}"
        + ("" if written else ": `overlay dns export --web FOLDER` writes it")
    )
    found.append(
        f"the zone of {said.domain} has to be signed (DNSSEC): peers believe no other without being told to"
    )
    return found
