"""Why one agent may call another, or may not: each stage that a message passes, asked one by one (GW-17)."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from overlay.domain.operator import Operator
from overlay.errors import BadInput, NotFound, OverlayError, Refused
from overlay.naming.ids import PartyId
from overlay.policy.access import AccessPolicy, Decision, decide, reachable
from overlay.policy.border import passes
from overlay.policy.caller import Caller
from overlay.trust.attributes import Attributes


@dataclass(frozen=True, slots=True)
class Stage:
    """One who has a say. `allowed` is None where it cannot be told from here."""

    stage: str
    allowed: bool | None
    why: str


@dataclass(slots=True)
class Verdict:
    """Whether `origin` may call `target`, as far as this domain can tell."""

    origin: str
    target: str
    skill: str
    stages: list[Stage] = field(default_factory=list)
    rule: str = ""
    """Of the receiver, which decided."""
    wants: tuple[str, ...] = ()
    """Credentials that would help, by type."""

    @property
    def allowed(self) -> bool:
        """Nobody says no."""
        return all(stage.allowed is not False for stage in self.stages)

    def as_dict(self) -> dict[str, object]:
        """For scripts."""
        said = asdict(self)
        return {"from": said.pop("origin"), "to": said.pop("target"), **said, "allowed": self.allowed}


def check_file(policy: AccessPolicy, origin: PartyId, target: PartyId, skill: str) -> Verdict:
    """What a policy says, with nobody asked; a caller of whom nothing but the name is known."""
    verdict = Verdict(str(origin), str(target), skill)
    _decide(verdict, policy, Caller(origin, target.domain, attributes=Attributes()))
    return verdict


async def check_access(hand: Operator, origin: PartyId, target: PartyId, skill: str) -> Verdict:
    """Ask our registry at every stage. Raises BadInput when neither is ours; Unavailable."""
    home = hand.endpoint.me.domain
    if home not in (origin.domain, target.domain):
        raise BadInput(
            f"neither {origin} nor {target} is of {home}: ask the operator of one of their domains"
        )
    verdict = Verdict(str(origin), str(target), skill)
    attributes = await _certificate(hand, verdict, origin, "caller")
    if origin.domain != target.domain:
        passage = passes(await hand.peers.border(), origin, target, home)
        verdict.stages.append(Stage("border", passage.allowed, passage.why))
    if target.domain != home:
        why = f"{target.domain} and {target} decide on it: ask the operator there"
        verdict.stages.append(Stage("receiver", None, why))
        return verdict
    await _certificate(hand, verdict, target, "receiver's certificate")
    try:
        policy = await hand.peers.access_of(target)
    except NotFound as error:
        verdict.stages.append(Stage("receiver", False, str(error)))
        return verdict
    _decide(verdict, policy, Caller(origin, home, attributes=attributes))
    return verdict


async def _certificate(hand: Operator, verdict: Verdict, party: PartyId, stage: str) -> Attributes | None:
    """Registered, and its certificate valid and not revoked?"""
    try:
        if party.domain not in hand.endpoint.trust.domains:
            hand.endpoint.trust.add(await hand.registry.bundle(party.domain))
        identity = (await hand.registry.card(party)).identity
    except OverlayError as error:
        if not isinstance(error, Refused) and error.retry:
            raise
        verdict.stages.append(Stage(stage, False, str(error)))
        return None
    said = f"{party} is registered, and its certificate {identity.serial:x} is valid"
    verdict.stages.append(Stage(stage, True, said))
    return identity.attributes


def _decide(verdict: Verdict, policy: AccessPolicy, caller: Caller) -> None:
    decision: Decision = decide(policy, caller, verdict.skill) if verdict.skill else _any(policy, caller)
    why = decision.why
    if decision.wants:
        why += f"; a credential would help: {' or '.join(decision.wants)}"
    verdict.stages.append(Stage("receiver", decision.allowed, why))
    verdict.rule, verdict.wants = decision.rule, decision.wants


def _any(policy: AccessPolicy, caller: Caller) -> Decision:
    """Without a skill: whether it may use everything; else whether something, and then what is in the way."""
    everything = decide(policy, caller, "")
    if everything.allowed:
        return everything
    some = reachable(policy, caller)
    if not some.allowed or everything.wants:
        return everything
    return Decision(True, some.rule, f"{some.why}; not for every skill: name one with --skill")
