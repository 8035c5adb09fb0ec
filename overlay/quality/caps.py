"""How much an operator lets through, of whom: domain, organisations, agents, peers, targets (GW-15). Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Literal

import msgspec

from overlay.errors import BadName, BadSettings
from overlay.naming.ids import PartyId, check_domain
from overlay.policy import files

MAX_NAMED = 10_000
MAX_WEIGHT = 100
_LONGEST_BURST_S = 60.0


class Cap(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of one node. What is not said, or 0 for rates of messages and bytes, is not capped here."""

    messages_per_s: float = 0.0
    bytes_per_s: float = 0.0
    burst_s: float = 1.0
    """For how many seconds of its rates may come at once."""
    weight: int = 1
    """How much it counts among others below the same node, and of a full link."""
    critical_per_s: float | None = None
    """How many messages a second may be `critical`; 0: none."""
    finds_per_minute: int | None = None
    """Discovery queries, of an agent or organisation; the registry goes by it."""


NOT_CAPPED = Cap()


class CapsPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The tree: agents below organisations below the domain, for what leaves it. The empty one is no cap."""

    domain: Cap = NOT_CAPPED
    """All that leaves the domain."""
    arrivals: Cap = NOT_CAPPED
    """All that comes in."""
    organisation: Cap = NOT_CAPPED
    """Each organisation that is not named, by the certificates of its agents."""
    agent: Cap = NOT_CAPPED
    """Each agent of the domain that is not named."""
    peer: Cap = NOT_CAPPED
    """Each peer that is not named: what goes to it, and as much that comes from it."""
    target: Cap = NOT_CAPPED
    """Each agent of the domain that is not named: what comes to it from other domains."""
    stranger: Cap = NOT_CAPPED
    """Each agent of another domain: what it sends to us."""
    organisations: dict[str, Cap] = {}
    agents: dict[str, Cap] = {}
    """By `name@domain`."""
    peers: dict[str, Cap] = {}
    targets: dict[str, Cap] = {}
    """By `name@domain`: of ours what comes to it, of other domains what goes to it."""
    beyond: Literal["lower", "refuse"] = "lower"
    """What becomes of a critical message that is one too many: it goes as a normal one, or not at all."""

    def finds_of(self, party: PartyId) -> int | None:
        """How many discovery queries a minute an agent may ask; None: not said."""
        return self.agents.get(str(party), self.agent).finds_per_minute

    def finds_of_organisation(self, organisation: str) -> int | None:
        """How many all its agents may ask; None: not said."""
        return self.organisations.get(organisation, self.organisation).finds_per_minute


def parse_caps(text: str, where: str) -> CapsPolicy:
    """The caps that a file says; `where` names it in errors. Raises BadSettings."""
    return files.parse_policy(text, CapsPolicy, where, check_caps)


def encode_caps(policy: CapsPolicy) -> bytes:
    """For the registry."""
    return msgspec.json.encode(policy)


def decode_caps(data: bytes) -> CapsPolicy:
    """Raises BadInput."""
    return files.decode_policy(data, CapsPolicy, "caps policy", check_caps) if data else CapsPolicy()


def check_caps(policy: CapsPolicy) -> CapsPolicy:
    """`policy`, if it can be used. Raises BadSettings."""
    named = (policy.organisations, policy.agents, policy.peers, policy.targets)
    if sum(map(len, named)) > MAX_NAMED:
        raise BadSettings(f"caps name up to {MAX_NAMED} parties: give the others a usual cap (`agent`)")
    try:
        for name in (*policy.agents, *policy.targets):
            PartyId.parse(name)
        for domain in policy.peers:
            check_domain(domain)
    except BadName as error:
        raise BadSettings(f"caps: {error}") from error
    for where, cap in caps_of(policy):
        _check(where, cap)
        if where.startswith(("agent", "organisation")):
            _check_below(where, cap, policy.domain)
    return policy


def caps_of(policy: CapsPolicy) -> Iterator[tuple[str, Cap]]:
    """(where it stands in the file, the cap) of all that say something."""
    for kind in ("domain", "arrivals", "organisation", "agent", "peer", "target", "stranger"):
        cap = getattr(policy, kind)
        if cap != NOT_CAPPED:
            yield kind, cap
    for kind in ("organisations", "agents", "peers", "targets"):
        for name, cap in getattr(policy, kind).items():
            yield f"{kind}.{name}", cap


def explain_caps(policy: CapsPolicy) -> list[str]:
    """The policy in words, a line each."""
    lines = [f"{_WORDS.get(where, where)}: {words_of(cap)}" for where, cap in caps_of(policy)]
    if any(cap.critical_per_s is not None for _, cap in caps_of(policy)):
        what = "go as normal ones" if policy.beyond == "lower" else "are refused"
        lines.append(f"critical messages beyond their cap {what}")
    return lines or ["nothing is capped by this domain's policy"]


def words_of(cap: Cap) -> str:
    """One cap in words."""
    said = []
    if cap.messages_per_s:
        said.append(f"{number_text(cap.messages_per_s)} messages/s")
    if cap.bytes_per_s:
        said.append(_bytes_text(cap.bytes_per_s))
    if said:
        said.append(f"{cap.burst_s:g} s of it at once")
    if cap.critical_per_s is not None:
        said.append(f"{number_text(cap.critical_per_s)} critical messages/s")
    if cap.finds_per_minute is not None:
        said.append(f"{cap.finds_per_minute} discovery queries a minute")
    if cap.weight != 1:
        said.append(f"weight {cap.weight}")
    return ", ".join(said) or "not capped"


def number_text(number: float) -> str:
    """Without an exponent, to a thousandth."""
    return f"{number:.3f}".rstrip("0").rstrip(".")


def _bytes_text(rate: float) -> str:
    size, unit = next(((size, unit) for size, unit in _UNITS if rate >= size), (1.0, "bytes"))
    return f"{number_text(rate / size)} {unit}/s"


_UNITS = ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"))
_WORDS = {
    "domain": "all that leaves the domain",
    "arrivals": "all that comes in",
    "organisation": "each organisation that is not named",
    "agent": "each agent that is not named",
    "peer": "each peer that is not named, each way",
    "target": "to each agent of ours that is not named",
    "stranger": "each agent of another domain",
}


def _check(where: str, cap: Cap) -> None:
    for name in ("messages_per_s", "bytes_per_s", "critical_per_s"):
        rate = getattr(cap, name) or 0.0
        if rate < 0 or not math.isfinite(rate):
            raise BadSettings(f"caps: {where}: {name} is a number from 0 on")
    if not 0.01 <= cap.burst_s <= _LONGEST_BURST_S:
        raise BadSettings(f"caps: {where}: burst_s is from 0.01 to {_LONGEST_BURST_S:g} seconds")
    if not 1 <= cap.weight <= MAX_WEIGHT:
        raise BadSettings(f"caps: {where}: weight is from 1 to {MAX_WEIGHT}")
    if cap.finds_per_minute is not None and cap.finds_per_minute < 0:
        raise BadSettings(f"caps: {where}: finds_per_minute is a number from 0 on")


def _check_below(where: str, cap: Cap, domain: Cap) -> None:
    """What is more than the whole tree lets through is a slip."""
    over = 0 < domain.messages_per_s < cap.messages_per_s or 0 < domain.bytes_per_s < cap.bytes_per_s
    if over:
        raise BadSettings(f"caps: {where} is over what the whole domain may send (domain)")
