"""Asking the DNS: what a domain says of itself, where its brokers are, and on whose word (REG-9)."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.rdatatype
import dns.resolver
from dns.rdata import Rdata
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA
from dns.rdtypes.IN.SRV import SRV

from overlay.dns.records import SERVICES
from overlay.dns.statement import Statement, name_of, statement_at, statement_of
from overlay.errors import BadSettings, NotFound, Refused, TimedOut, Unreachable
from overlay.settings import Settings
from overlay.transport.address import BrokerAddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
T = TypeVar("T")
_MOST_BROKERS = 16
_OF_CONTAINERS = ipaddress.ip_address("127.0.0.11")
"""In containers this validates nothing: it hands on what somebody else said, flag and all."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the DNS says of a domain."""

    statement: Statement
    validated: bool
    """By DNSSEC, from a resolver that we believe."""
    resolver: str


class DnsLookup:
    """One resolver's view; nothing is kept. Truncated answers are asked for again over TCP, names that are
    aliases (CNAME) are followed, and another resolver is asked when one does not answer.
    """

    def __init__(self, settings: Settings) -> None:
        """Raises BadSettings."""
        self._settings = settings
        self._resolver = _resolver(settings)

    async def statement(self, domain: str) -> Said:
        """Raises NotFound (it says nothing of the overlay), BadInput (nonsense), Unreachable, TimedOut."""
        return await self._said(domain, statement_of)

    async def domain_of_host(self, host: str) -> str:
        """The domain whose host this is, by a record at its name, or else at a name above it (GW-7): one that
        the host's name ends in, or any other, if DNSSEC proves the record.

        Raises NotFound, BadInput, Refused (not proved), Unreachable, TimedOut.
        """
        labels = host.split(".")
        for at in range(len(labels) - 1):
            name = ".".join(labels[at:])
            try:
                said = await self._said(name, statement_at)
            except NotFound:
                continue
            domain = said.statement.domain
            if not said.validated and host != domain and not host.endswith(f".{domain}"):
                raise Refused(
                    f"the DNS says that {host} is a host of {domain}, and nobody vouches for that (DNSSEC): "
                    f"write the agent as name@{domain}"
                )
            return domain
        raise NotFound(f"neither {name_of(host)} nor a name above it has a record of the overlay")

    async def _said(self, domain: str, read: Callable[[str, list[str]], Statement | None]) -> Said:
        name = name_of(domain)
        answer = await self._ask(name, dns.rdatatype.TXT)
        texts = [_text(one) for one in _of_type(answer, TXT)]
        statement = read(domain, texts)
        if statement is None:
            raise NotFound(_says_nothing(domain, name))
        resolver = str(answer.nameserver)
        flagged = bool(answer.response.flags & dns.flags.AD)
        return Said(statement, flagged and self.believes(resolver), resolver)

    async def brokers(self, domain: str) -> tuple[BrokerAddress, ...]:
        """Where its SRV records say that its brokers are, best first; none when there are no such records.

        Raises Unreachable, TimedOut.
        """
        found: list[BrokerAddress] = []
        for kind, service in SERVICES.items():
            try:
                answer = await self._ask(f"{service}.{domain}", dns.rdatatype.SRV)
            except NotFound:
                continue
            ordered = answer.rrset.processing_order() if answer.rrset else []  # RFC 2782: priority, weight
            for one in _of_type(ordered, SRV):
                host = one.target.to_text(omit_final_dot=True).lower()
                if host != ".":  # RFC 2782: decidedly no such service
                    found.append(BrokerAddress(kind, host, one.port))
        return tuple(found[:_MOST_BROKERS])

    async def addresses(self, host: str) -> list[Address]:
        """Of a host, or the one that it is. Raises NotFound, Unreachable, TimedOut."""
        with suppress(ValueError):
            return [ipaddress.ip_address(host)]
        found: list[Address] = []
        missing: NotFound | None = None
        for kind in (dns.rdatatype.AAAA, dns.rdatatype.A):
            try:
                answer = await self._ask(host, kind)
            except NotFound as error:
                missing = error
                continue
            found += [ipaddress.ip_address(one.address) for one in answer if isinstance(one, A | AAAA)]
        if not found and missing is not None:
            raise missing
        return found

    def believes(self, resolver: str) -> bool:
        """Whether its flag (AD) proves something: on the way from elsewhere anybody could have set it."""
        try:
            address = ipaddress.ip_address(resolver.partition("%")[0])
            near = address.is_loopback and address != _OF_CONTAINERS
        except ValueError:
            near = False
        return near or self._settings.dns_trust_ad

    async def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> dns.resolver.Answer:
        limit_s = self._settings.dns_timeout_s
        try:
            return await self._resolver.resolve(f"{name}.", kind, lifetime=limit_s, search=False)
        except dns.resolver.NXDOMAIN as error:
            raise NotFound(f"{name} is not in the DNS") from error
        except dns.resolver.NoAnswer as error:
            raise NotFound(f"{name} has no {kind.name} record in the DNS") from error
        except dns.resolver.LifetimeTimeout as error:
            raise TimedOut(
                f"no DNS resolver answered about {name} in {limit_s:g} s: see `dns_servers` and "
                "`dns_timeout_s`, or peer with a file"
            ) from error
        except dns.resolver.NoNameservers as error:
            raise Unreachable(
                f"no DNS resolver has an answer about {name} ({_why(error)}). SERVFAIL is also what a "
                "resolver says of a zone that is signed wrongly (DNSSEC): its operator can tell"
            ) from error
        except dns.exception.DNSException as error:
            raise Unreachable(f"the DNS cannot be asked about {name}: {error}") from error


def _resolver(settings: Settings) -> dns.asyncresolver.Resolver:
    servers = [part for text in settings.dns_servers.split(",") if (part := text.strip())]
    try:
        found = dns.asyncresolver.Resolver(configure=not servers)
        if servers:
            found.nameservers = list(servers)
    except (dns.exception.DNSException, ValueError) as error:
        raise BadSettings(f"no DNS resolver to ask: {error}. Name one in `dns_servers`") from error
    found.port = settings.dns_port
    found.timeout = settings.dns_timeout_s / 2
    found.flags = dns.flags.Flag(dns.flags.RD | dns.flags.AD)  # AD in a question: say if it was validated
    found.use_edns(0, 0, 1232)
    found.cache = None
    return found


def _of_type(answer: Iterable[Rdata], shape: type[T]) -> list[T]:
    return [one for one in answer if isinstance(one, shape)]


def _text(record: TXT) -> str:
    return b"".join(record.strings).decode("ascii", "replace")


def _why(error: dns.resolver.NoNameservers) -> str:
    tried = error.kwargs.get("errors", [])
    return "; ".join(f"{one[0]}: {one[3]}" for one in tried)[:300] or "none is there"


def _says_nothing(domain: str, name: str) -> str:
    return (
        f"{name} has no record of the overlay: `overlay dns export` in {domain} writes it; "
        "or peer with a file of it"
    )
