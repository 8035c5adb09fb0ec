"""What of our agents a peer's registry may hear, by an operator's rules (REG-11, GW-16). Pure.

Who is not exported to a peer is, for all of that domain, as one who does not exist.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from overlay.errors import BadName, BadSettings
from overlay.naming.ids import check_name, check_skill, skill_covers
from overlay.naming.topics import meet
from overlay.policy import files

MAX_OFFERS = 1000
Usual = Literal["allow", "deny"]


class Offered(Protocol):
    """What the rules look at in an agent."""

    @property
    def name(self) -> str:
        """Without its domain."""
        ...

    @property
    def organisation(self) -> str:
        """As its certificate says."""
        ...

    @property
    def skills(self) -> Sequence[str]:
        """What it offers."""
        ...

    @property
    def topics(self) -> Sequence[str]:
        """The topics that it wants to be told of."""
        ...


class Offer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All that is said must be true. With `skills` or `topics` it is about these alone, with all below them;
    else about the whole agent.
    """

    agents: tuple[str, ...] = ()
    """Names, one of them; none: any agent."""
    organisations: tuple[str, ...] = ()
    """One of them, as the certificate says it."""
    skills: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    @property
    def is_whole(self) -> bool:
        """Whether it is about whole agents."""
        return not self.skills and not self.topics

    def is_about(self, agent: Offered) -> bool:
        """Whether this agent is meant."""
        return (not self.agents or agent.name in self.agents) and (
            not self.organisations or agent.organisation in self.organisations
        )

    def covers(self, agent: Offered, skill: str = "", topic: str = "") -> bool:
        """Whether it is about this skill, or topic, of the agent."""
        if not self.is_about(agent):
            return False
        wide, narrow = (self.skills, skill) if skill else (self.topics, topic)
        return self.is_whole or any(skill_covers(one, narrow) for one in wide)

    def touches(self, agent: Offered, topic: str) -> bool:
        """Whether it is about some topic of this pattern."""
        return self.covers(agent, topic=topic) or (
            self.is_about(agent) and any(meet(topic, one) for one in self.topics)
        )

    @property
    def text(self) -> str:
        """In words."""
        what = [f"skill {skill}" for skill in self.skills] + [f"topic {topic}" for topic in self.topics]
        of = [f"agent {name}" for name in self.agents]
        within = f" of {' or '.join(self.organisations)}" if self.organisations else ""
        return f"{' and '.join(what) or 'everything'} of {' or '.join(of) or 'any agent'}{within}"


class ExportPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """For one peer. Deny wins."""

    allow: tuple[Offer, ...] = ()
    deny: tuple[Offer, ...] = ()
    others: Usual = "allow"
    """What is in no rule."""

    @property
    def is_open(self) -> bool:
        """Whether it hides nothing."""
        return not self.deny and self.others == "allow"


class Shown(msgspec.Struct, frozen=True):
    """What of an agent is exported."""

    skills: tuple[str, ...]
    topics: tuple[str, ...]


def exported(policy: ExportPolicy, agent: Offered) -> Shown | None:
    """What of it the peer may see; None: not even that it is there, as when nothing it offers may be seen.
    One that offers nothing at all is decided by rules about whole agents.
    """
    if policy.is_open:
        return Shown(tuple(agent.skills), tuple(agent.topics))
    if any(offer.is_whole and offer.is_about(agent) for offer in policy.deny):
        return None
    skills = tuple(one for one in agent.skills if _passes(policy, agent, skill=one))
    topics = tuple(one for one in agent.topics if _passes(policy, agent, topic=one))
    if skills or topics:
        return Shown(skills, topics)
    bare = not agent.skills and not agent.topics
    welcome = policy.others == "allow" or any(one.is_whole and one.is_about(agent) for one in policy.allow)
    return Shown((), ()) if bare and welcome else None


def parse_export(text: str, where: str) -> ExportPolicy:
    """The policy that a file says; `where` names it in errors. Raises BadSettings."""
    return files.parse_policy(text, ExportPolicy, where, check_export)


def check_export(policy: ExportPolicy) -> ExportPolicy:
    """`policy`, if it can be used. Raises BadSettings."""
    if len(policy.allow) + len(policy.deny) > MAX_OFFERS:
        raise BadSettings(f"an export policy has up to {MAX_OFFERS} rules: name wider skills")
    for offer in (*policy.allow, *policy.deny):
        if offer == Offer():
            raise BadSettings("a rule says nothing: write agents, organisations, skills, topics")
        try:
            for name in offer.agents:
                check_name(name)
            for skill in (*offer.skills, *offer.topics):
                check_skill(skill)
        except BadName as error:
            raise BadSettings(f"a rule of the export policy: {error}") from error
    return policy


def explain_export(policy: ExportPolicy) -> list[str]:
    """The policy in words, a line each."""
    lines = [f"hidden: {offer.text}" for offer in policy.deny]
    lines += [f"shown: {offer.text}" for offer in policy.allow]
    return [*lines, f"all others: {'shown' if policy.others == 'allow' else 'hidden'}"]


def encode_export(policy: ExportPolicy) -> bytes:
    """For the registry."""
    return msgspec.json.encode(policy)


def decode_export(data: bytes) -> ExportPolicy:
    """Raises BadInput."""
    return files.decode_policy(data, ExportPolicy, "export policy", check_export)


def _passes(policy: ExportPolicy, agent: Offered, skill: str = "", topic: str = "") -> bool:
    if any(offer.touches(agent, topic) if topic else offer.covers(agent, skill) for offer in policy.deny):
        return False
    if policy.others == "allow":
        return True
    return any(offer.covers(agent, skill, topic) for offer in policy.allow)
