"""Which registrations wait for an administrator, and which are refused (REG-11): the policy. Pure."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from pydantic_core import ErrorDetails

from overlay.errors import BadName, BadSettings, Refused
from overlay.naming.ids import check_skill, skill_covers
from overlay.registry.record import Profile
from overlay.trust.identity import Identity

EXAMPLE = """\
# Who decides about entries that no table below names: "automatic", "administrator", or "refuse".
approve = "automatic"
# Which changes of an entry wait again: "none", "incompatible" or "all".
# What none of the tables let pass before waits in any case.
changes = "incompatible"

# Skills that entries offer, each with all below it. Of several tables the strictest counts.
[skills."network.repair"]
approve = "administrator"

# Organisations, by the exact names in certificates; "" are agents that name none.
[organisations."Acme Networks"]
approve = "administrator"

# Function types, as certificates name them.
[functions.diagnosis]
approve = "automatic"
"""


class Approval(StrEnum):
    """Who decides, the strictest last."""

    AUTOMATIC = "automatic"
    ADMINISTRATOR = "administrator"
    REFUSE = "refuse"


class Changes(StrEnum):
    """Which changes of an entry that is there are decided again."""

    NONE = "none"
    INCOMPATIBLE = "incompatible"
    ALL = "all"


def _slug(text: str) -> str:
    try:
        return check_skill(text)
    except BadName as error:
        raise ValueError(str(error)) from error


_Slug = Annotated[str, AfterValidator(_slug)]
_STRICTNESS = {kind: number for number, kind in enumerate(Approval)}


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rule(_Table):
    """What is said of one skill, organisation or function."""

    approve: Approval


class RegistrationPolicy(_Table):
    """The whole of it. Without one, every registration that passes the checks counts at once."""

    approve: Approval = Field(Approval.AUTOMATIC, description="If no table below says so")
    changes: Changes = Changes.INCOMPATIBLE
    skills: dict[_Slug, Rule] = Field(default_factory=dict)
    organisations: dict[str, Rule] = Field(default_factory=dict)
    functions: dict[_Slug, Rule] = Field(default_factory=dict)

    def judge_new(self, profile: Profile, identity: Identity) -> tuple[str, ...]:
        """Why an administrator has to decide on an entry; empty: it counts at once. Raises Refused."""
        return self._why(self._rules(profile, identity))

    def judge_change(
        self, old: Profile, new: Profile, identity: Identity, *, breaks: bool
    ) -> tuple[str, ...]:
        """The same on a change of the entry of `identity`. Raises Refused."""
        before = dict(self._rules(old, identity))
        fresh = [(what, who) for what, who in self._rules(new, identity) if what not in before]
        why = self._why(fresh)
        if old == new or self.changes is Changes.NONE:
            return why
        again = breaks or self.changes is Changes.ALL
        return why or (self.judge_new(new, identity) if again else ())

    def _rules(self, profile: Profile, identity: Identity) -> list[tuple[str, Approval]]:
        found = list(self._tables(profile, identity))
        return found or [("entries that the policy does not name", self.approve)]

    def _tables(self, profile: Profile, identity: Identity) -> Iterator[tuple[str, Approval]]:
        attributes = identity.attributes
        unnamed = list[str]()
        for skill in profile.skills:
            wide = [name for name in self.skills if skill_covers(name, skill.id)]
            if wide:
                yield f"the skill {skill.id!r}", self.skills[max(wide, key=len)].approve
            else:
                unnamed.append(skill.id)
        named_otherwise = (
            attributes.organisation in self.organisations or attributes.function in self.functions
        )
        if len(unnamed) < len(profile.skills) and not named_otherwise:
            # a skill that needs nobody's approval lets no other one in beside it
            yield from (
                (f"the skill {skill!r}, which the policy does not name", self.approve) for skill in unnamed
            )
        named = self.organisations.get(attributes.organisation)
        if named is not None:
            who = repr(attributes.organisation) if attributes.organisation else "agents that name none"
            yield f"the organisation {who}", named.approve
        kind = self.functions.get(attributes.function) if attributes.function else None
        if kind is not None:
            yield f"the function {attributes.function!r}", kind.approve

    def _why(self, rules: list[tuple[str, Approval]]) -> tuple[str, ...]:
        worst = max((who for _, who in rules), key=_STRICTNESS.__getitem__, default=Approval.AUTOMATIC)
        named = tuple(what for what, who in rules if who is worst)
        if worst is Approval.REFUSE:
            raise Refused(f"policy: this domain takes no entry with {', '.join(named)}")
        return named if worst is Approval.ADMINISTRATOR else ()


def parse_policy(text: str) -> RegistrationPolicy:
    """From TOML. Raises BadSettings, naming every wrong entry."""
    try:
        return RegistrationPolicy.model_validate(tomllib.loads(text))
    except pydantic.ValidationError as error:
        raise BadSettings("; ".join(_wrong(item) for item in error.errors())) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSettings(f"it is no TOML: {error}") from error


def _wrong(item: ErrorDetails) -> str:
    place = [str(part) for part in item["loc"]]
    where = ".".join(place)
    if item["type"] != "extra_forbidden":
        return f"{where}: {item['msg'].removeprefix('Value error, ')}"
    table = Rule if len(place) > 1 else RegistrationPolicy
    near = get_close_matches(place[-1], table.model_fields, n=1)
    return f"{where}: no such key" + (f" (did you mean {near[0]}?)" if near else "")
