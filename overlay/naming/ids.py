"""Names of parties, domains and skills (design §2). Pure.

Dots and upper case are not in a name on purpose: RabbitMQ pastes user names into regular expressions, and
both brokers split subjects at dots.
"""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache

import msgspec

from overlay.errors import BadName

MAX_NAME = 40
MAX_DOMAIN = 100
MAX_SKILL = 80

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}\Z")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\Z")
_SKILL = re.compile(r"[a-z0-9][a-z0-9_-]*(?:\.[a-z0-9][a-z0-9_-]*)*\Z")

CA = "ca"
REGISTRY = "registry"
GATEWAY = "gw"
OPERATOR = "operator"
PROVISIONER = "provisioner"
ADMISSION = "admission"
"""Lets parties in beside the CA (NATS)."""
SESSIONS = "sessions"
"""The agent that records channels and keeps the session table: of each domain, the domain's own."""
SERVICES = (CA, REGISTRY, GATEWAY)
_RESERVED = {CA, REGISTRY, GATEWAY, OPERATOR, PROVISIONER, ADMISSION, "broker", "callout", "admin", "guest"}
_LINK_PREFIX = "link-"
_JOIN_PREFIX = "join-"


def check_name(text: str) -> str:
    """`text`, if it is a name: 1 to 40 of `a-z 0-9 - _`, not starting with `-` or `_`. Raises BadName."""
    if not _NAME.match(text):
        raise BadName(
            f"{text!r} is not a name: use 1 to {MAX_NAME} lower-case letters, digits, '-' or '_', "
            "starting with a letter or digit"
        )
    return text


def check_domain(text: str) -> str:
    """`text`, if it is a lower-case DNS name of up to 100 characters. Raises BadName."""
    if not is_domain(text):
        raise BadName(
            f"{text!r} is not a domain: use a lower-case DNS name of up to {MAX_DOMAIN} characters, "
            "such as 'a.example'"
        )
    return text


def is_domain(text: str) -> bool:
    """Whether it is a lower-case DNS name of up to 100 characters."""
    return len(text) <= MAX_DOMAIN and _DOMAIN.match(text) is not None


def check_skill(text: str) -> str:
    """`text`, if it is a skill: lower-case words joined by dots, up to 80 characters. Raises BadName."""
    if not is_skill(text):
        raise BadName(
            f"{text!r} is not a skill, topic or scope: use lower-case words joined by dots, such as "
            f"'network.fault-diagnosis', up to {MAX_SKILL} characters"
        )
    return text


def is_skill(text: str) -> bool:
    """Whether it is written as skills and topics are."""
    return len(text) <= MAX_SKILL and _SKILL.match(text) is not None


def skill_covers(wanted: str, offered: str) -> bool:
    """Whether an agent that offers `offered` has `wanted`: itself, or anything below it."""
    return offered == wanted or offered.startswith(wanted + ".")


def is_reserved(name: str) -> bool:
    """Whether only the domain itself may give this name: services, the operator, links, newcomers."""
    return name in _RESERVED or name.startswith((_LINK_PREFIX, _JOIN_PREFIX))


def is_own(name: str) -> bool:
    """Whether this is the domain's own: a service, the gateway, the operator; no agent, newcomer or link."""
    return name in _RESERVED


def link_name(domain: str) -> str:
    """Under which name the gateway of another `domain` is admitted at our broker: `link-<hash>`."""
    digest = hashlib.sha256(check_domain(domain).encode()).hexdigest()
    return f"{_LINK_PREFIX}{digest[:24]}"


def is_link(name: str) -> bool:
    """Whether this is the name of another domain's gateway at our broker."""
    return name.startswith(_LINK_PREFIX)


def join_name(token_id: str) -> str:
    """Under which name the holder of a join token is admitted: `join-<token id>`."""
    return check_name(f"{_JOIN_PREFIX}{token_id}")


def is_join(name: str) -> bool:
    """Whether this is the name of a newcomer with a join token."""
    return name.startswith(_JOIN_PREFIX)


def domain_token(domain: str) -> str:
    """A domain as one token of a subject: dots become `_`, which no domain contains."""
    return check_domain(domain).replace(".", "_")


def domain_of_token(token: str) -> str:
    """The inverse of `domain_token`. Raises BadName."""
    return check_domain(token.replace("_", "."))


class PartyId(msgspec.Struct, frozen=True, order=True):
    """Anybody with a certificate: agent, service, gateway, operator. `name@domain`.

    Made by `PartyId.parse` or `PartyId.of` when the parts are not known to be checked.
    """

    name: str
    domain: str

    @classmethod
    def of(cls, name: str, domain: str) -> PartyId:
        """From unchecked parts. Raises BadName.

        party = PartyId.of("bob", "b.example")
        """
        return cls(check_name(name), check_domain(domain))

    @classmethod
    def parse(cls, text: str) -> PartyId:
        """From `name@domain`. Raises BadName.

        party = PartyId.parse("bob@b.example")
        """
        return _parse(text)

    def __str__(self) -> str:
        return f"{self.name}@{self.domain}"

    @property
    def did(self) -> str:
        """The same party as a W3C DID (CA-9)."""
        return f"did:web:{self.domain}:agents:{self.name}"


@lru_cache(maxsize=8192)
def _parse(text: str) -> PartyId:
    name, at, domain = text.partition("@")
    if not at:
        raise BadName(f"{text!r} is not an agent ID: write 'name@domain', such as 'echo@a.example'")
    return PartyId.of(name, domain)
