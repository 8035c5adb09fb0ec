"""The CA's policy: which applications are accepted, and which an administrator decides (CA-2). Pure."""

from __future__ import annotations

import math
import tomllib
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any

import pydantic
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import ErrorDetails

from overlay.ca.applications.application import Application
from overlay.errors import BadName, BadSettings, Refused
from overlay.naming.ids import check_skill, skill_covers

KEY_TYPES = ("P-256",)
"""What this overlay's certificates can hold (`overlay.trust.profile`)."""


def _slug(text: str) -> str:
    try:
        return check_skill(text)
    except BadName as error:
        raise ValueError(str(error)) from error


_Slug = Annotated[str, AfterValidator(_slug)]
_Days = Annotated[float, Field(gt=0, le=825)]


class Approval(StrEnum):
    """Who decides an application that passed every check."""

    AUTOMATIC = "automatic"
    ADMINISTRATOR = "administrator"


class Unknown(StrEnum):
    """What becomes of an organisation that the policy does not name."""

    REFUSE = "refuse"
    HOLD = "hold"


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FunctionRule(_Table):
    """A function type."""

    scopes: tuple[_Slug, ...] = Field((), description="The scopes that it may have, each with all below it")
    approve: Approval | None = Field(None, description="Stricter than the organisation's, if it says so")
    days: _Days | None = Field(None, description="The longest that its certificate lasts")


class OrganisationRule(_Table):
    """An organisation."""

    qualifications: tuple[str, ...] = Field(
        (), description="Of which it has to claim one; empty: it claims none"
    )
    functions: tuple[_Slug, ...] = Field((), description="The function types that its agents may have")
    scopes: tuple[_Slug, ...] = Field((), description="The scopes that they may have")
    skills: tuple[_Slug, ...] = Field((), description="The skills that they may offer")
    approve: Approval | None = Field(None, description="Who decides; if not said, as for everybody")
    days: _Days | None = Field(None, description="The longest that their certificates last")


class Policy(_Table):
    """The whole file. What it does not permit, it refuses."""

    allowed_key_types: tuple[str, ...] = KEY_TYPES
    unknown: Unknown = Field(Unknown.REFUSE, description="What becomes of organisations not named here")
    approve: Approval = Field(Approval.ADMINISTRATOR, description="Who decides, if no table below says so")
    days: _Days | None = Field(None, description="The longest that any agent's certificate lasts")
    functions: dict[_Slug, FunctionRule] = Field(default_factory=dict)
    organisations: dict[str, OrganisationRule] = Field(
        default_factory=dict, description='By their exact names; "" are agents that name none'
    )

    @model_validator(mode="after")
    def _fits(self) -> Policy:
        beyond = [kind for kind in self.allowed_key_types if kind not in KEY_TYPES]
        if beyond or not self.allowed_key_types:
            said = f"{', '.join(beyond)} is beyond" if beyond else "none is less than"
            raise ValueError(
                f"allowed_key_types: {said} what certificates of the overlay hold: {', '.join(KEY_TYPES)}"
            )
        for name, rule in self.organisations.items():
            for function in rule.functions:
                if function not in self.functions:
                    raise ValueError(
                        f"organisations.{name}.functions: {function!r} has no table "
                        f"[functions.{_key(function)}] that lists its scopes"
                    )
        return self

    def judge(self, asked: Application) -> str:
        """Why an administrator has to decide; empty: granted at once. Raises Refused; the text begins with
        the check that failed.
        """
        rule = self.organisations.get(asked.organisation)
        if rule is not None:
            _check_member(rule, asked)
        elif self.unknown is Unknown.REFUSE:
            named = repr(asked.organisation) if asked.organisation else "an agent that names none"
            raise Refused(f"organisation: the CA's policy does not accept {named}")
        return self._held(asked, rule, self._function(asked))

    def longest_days(self, organisation: str, function: str) -> float:
        """How long a certificate may last at most; infinite: as the settings say."""
        tables = (self, self.organisations.get(organisation), self.functions.get(function))
        return min((table.days for table in tables if table and table.days is not None), default=math.inf)

    def _function(self, asked: Application) -> FunctionRule | None:
        """Of the function type, whose scopes are within its own (CA-2)."""
        if not asked.function:
            if asked.scopes:
                raise Refused("scopes: only an agent with a function type has any; name its function")
            return None
        found = self.functions.get(asked.function)
        if found is None:
            raise Refused(f"function: the CA's policy knows no function type {asked.function!r}")
        _check_within("scopes", asked.scopes, found.scopes, f"the function {asked.function!r}")
        return found

    def _held(self, asked: Application, rule: OrganisationRule | None, function: FunctionRule | None) -> str:
        if rule is None:
            return f"the organisation {asked.organisation!r} is not in the policy"
        if (rule.approve or self.approve) is Approval.ADMINISTRATOR:
            return f"applications of {asked.organisation!r} are for an administrator"
        if function is not None and function.approve is Approval.ADMINISTRATOR:
            return f"applications for the function {asked.function!r} are for an administrator"
        return ""


def parse_policy(text: str) -> Policy:
    """Raises BadSettings, naming every wrong entry."""
    try:
        return Policy.model_validate(tomllib.loads(text))
    except pydantic.ValidationError as error:
        raise BadSettings("; ".join(_wrong(item) for item in error.errors())) from error
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadSettings(f"it is no TOML: {error}") from error


def _check_member(rule: OrganisationRule, asked: Application) -> None:
    who = (
        f"the organisation {asked.organisation!r}" if asked.organisation else "an agent without organisation"
    )
    accepted = rule.qualifications or ("",)
    if asked.qualification not in accepted:
        claim = repr(asked.qualification) if asked.qualification else "none"
        raise Refused(f"qualification: {who} claims {claim}, which the CA's policy does not accept of it")
    if asked.function and asked.function not in rule.functions:
        raise Refused(f"function: {asked.function!r} is not permitted to {who}")
    _check_within("scopes", asked.scopes, rule.scopes, who)
    _check_within("skills", asked.skills, rule.skills, who)


def _check_within(what: str, asked: tuple[str, ...], permitted: tuple[str, ...], who: str) -> None:
    for one in asked:
        if not any(skill_covers(wide, one) for wide in permitted):
            raise Refused(f"{what}: {one!r} is not permitted to {who}")


def _key(name: str) -> str:
    return f'"{name}"' if "." in name else name


_TABLES: dict[str, type[BaseModel]] = {"functions": FunctionRule, "organisations": OrganisationRule}


def _wrong(item: ErrorDetails) -> str:
    place = [str(part) for part in item["loc"]]
    if item["type"] != "extra_forbidden":
        said = item["msg"].removeprefix("Value error, ")
        return ": ".join(word for word in (".".join(place), said) if word)
    table: Any = _TABLES.get(place[0], Policy) if len(place) > 1 else Policy
    near = get_close_matches(place[-1], table.model_fields, n=1)
    return f"{'.'.join(place)}: no such key" + (f" (did you mean {near[0]}?)" if near else "")
