"""What an operator lets over the border of a domain, before the agents' own policies (GW-17). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from overlay.errors import BadName, BadSettings
from overlay.naming.ids import PartyId
from overlay.policy import files
from overlay.policy.rule import ANY_NAME, check_origin

MAX_CROSSINGS = 1000


class Crossing(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename={"origins": "from", "targets": "to"}
):
    """What goes from one of these to one of those: `bob@b.example`, `*@b.example`, `b.example`; none: all."""

    origins: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()

    def covers(self, origin: PartyId, target: PartyId) -> bool:
        """Whether it is about such a message."""
        return _names(self.origins, origin) and _names(self.targets, target)

    @property
    def text(self) -> str:
        """In words."""
        return f"from {' or '.join(self.origins) or 'anyone'} to {' or '.join(self.targets) or 'anyone'}"


class BorderPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Both ways: what comes in and what goes out. The empty policy leaves it to the agents' own."""

    allow: tuple[Crossing, ...] = ()
    deny: tuple[Crossing, ...] = ()
    arrivals: Literal["allow", "deny"] = "allow"
    """What comes in and is in no rule."""
    departures: Literal["allow", "deny"] = "allow"
    """What goes out and is in no rule."""


@dataclass(frozen=True, slots=True)
class Passage:
    """What the border policy says of a message."""

    allowed: bool
    why: str


def passes(policy: BorderPolicy, origin: PartyId, target: PartyId, home: str) -> Passage:
    """Whether agent `origin` may send to `target` over the border of domain `home`. Deny wins."""
    for crossing in policy.deny:
        if crossing.covers(origin, target):
            return Passage(False, f"the border policy of {home} denies what goes {crossing.text}")
    for crossing in policy.allow:
        if crossing.covers(origin, target):
            return Passage(True, f"the border policy of {home} allows what goes {crossing.text}")
    way = "arrivals" if target.domain == home else "departures"
    usual = policy.arrivals if target.domain == home else policy.departures
    return Passage(
        usual == "allow", f"no rule of the border policy of {home} is about it, and {way} = {usual!r}"
    )


def stays(policy: BorderPolicy, origin: PartyId, target: PartyId) -> Passage:
    """Whether agent `origin` may send to `target` of the same domain, where that goes through the gateway:
    only rules that deny count, for what stays inside crosses no border.
    """
    for crossing in policy.deny:
        if crossing.covers(origin, target):
            return Passage(False, f"the border policy denies what goes {crossing.text}")
    return Passage(True, "no rule denies it")


def answers(policy: BorderPolicy, origin: PartyId, target: PartyId, home: str) -> Passage:
    """The same for what `origin` says about a message of `target` (an answer, a receipt): it passes if that
    message could.
    """
    straight = passes(policy, origin, target, home)
    return straight if straight.allowed else passes(policy, target, origin, home)


def parse_border(text: str, where: str) -> BorderPolicy:
    """The border policy that a file says; `where` names it in errors. Raises BadSettings."""
    return files.parse_policy(text, BorderPolicy, where, check_border)


def check_border(policy: BorderPolicy) -> BorderPolicy:
    """`policy`, if it can be used. Raises BadSettings."""
    if len(policy.allow) + len(policy.deny) > MAX_CROSSINGS:
        raise BadSettings(f"a border policy has up to {MAX_CROSSINGS} rules: name whole domains")
    for crossing in (*policy.allow, *policy.deny):
        if crossing == Crossing():
            raise BadSettings(
                "a rule says nothing: write from, to or both; for all others: arrivals, departures"
            )
        try:
            for name in (*crossing.origins, *crossing.targets):
                check_origin(name)
        except BadName as error:
            raise BadSettings(f"a rule of the border policy: {error}") from error
    return policy


def explain_border(policy: BorderPolicy) -> list[str]:
    """The policy in words, a line each."""
    lines = [f"denied: {crossing.text}" for crossing in policy.deny]
    lines += [f"allowed: {crossing.text}" for crossing in policy.allow]
    return [*lines, f"other arrivals: {policy.arrivals}", f"other departures: {policy.departures}"]


def encode_border(policy: BorderPolicy) -> bytes:
    """For the registry."""
    return msgspec.json.encode(policy)


def decode_border(data: bytes) -> BorderPolicy:
    """Raises BadInput."""
    return files.decode_policy(data, BorderPolicy, "border policy", check_border) if data else BorderPolicy()


def _names(names: tuple[str, ...], party: PartyId) -> bool:
    return not names or not {str(party), f"{ANY_NAME}{party.domain}", party.domain}.isdisjoint(names)
