"""Security schemes: what an agent publishes that it demands of a caller, in words and as rules. Pure.

    anyone                   whoever proves who it is, of whatever domain
    own-domain               an agent of the agent's own domain
    from:b.example           of this domain; or from:alice@b.example
    credential:TYPE          who shows a credential of this type, of an issuer that the agent's domain trusts
    credential:TYPE@DID      the same, of this issuer
    scope:network.configure  whose certificate says so
    organisation:Acme        whose certificate says so
    other:WORDS              what the other end of an address outside of the overlay checks, not the overlay

`a|b` is met by who meets one of them; of several names all must be met. Scopes and organisations are words of
a CA: without `from:` they are about the own domain (docs/decisions/0013-access.md).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from enum import StrEnum

import msgspec

from overlay.credentials.credential import check_type
from overlay.credentials.did import Did
from overlay.errors import BadInput
from overlay.naming.ids import check_skill
from overlay.policy.rule import ANY_NAME, Demand, Rule, check_origin

MAX_ALTERNATIVES = 64
_MAX_WORDS = 120


class Kind(StrEnum):
    """What is demanded."""

    ANYONE = "anyone"
    OWN_DOMAIN = "own-domain"
    FROM = "from"
    CREDENTIAL = "credential"
    SCOPE = "scope"
    ORGANISATION = "organisation"
    OTHER = "other"


class Scheme(msgspec.Struct, frozen=True):
    """One demand. Made by `parse_schemes` or `check_scheme`."""

    kind: Kind
    value: str = ""
    issuer: str = ""

    @property
    def name(self) -> str:
        """As it is written."""
        value = f":{self.value}" if self.value else ""
        return f"{self.kind}{value}{f'@{self.issuer}' if self.issuer else ''}"


def parse_schemes(name: str) -> tuple[Scheme, ...]:
    """The alternatives in a name. Raises BadInput."""
    return tuple(check_scheme(_parse(word)) for word in name.split("|"))


def check_scheme(scheme: Scheme) -> Scheme:
    """`scheme`, if it can be demanded. Raises BadInput."""
    kind, value = scheme.kind, scheme.value
    if bool(value) == (kind in (Kind.ANYONE, Kind.OWN_DOMAIN)) or (scheme.issuer and kind != Kind.CREDENTIAL):
        raise _no_scheme(scheme.name)
    if kind is Kind.FROM:
        check_origin(value)
    elif kind is Kind.CREDENTIAL:
        check_type(value)
        _ = scheme.issuer and Did.parse(scheme.issuer)
    elif kind is Kind.SCOPE:
        check_skill(value)
    elif len(value) > _MAX_WORDS or not (value == "" or value.isprintable()) or "|" in value:
        raise _no_scheme(scheme.name)
    return scheme


def rules_of(names: Iterable[str], about: Sequence[str] = ()) -> tuple[Rule, ...]:
    """The rules of an access policy that let in who meets all of these, for these skills (none: for all).

    Raises BadInput: also when nobody could meet them, or what is demanded is not the overlay's to check.
    """
    listed = list(names)
    choices = [parse_schemes(name) for name in listed]
    if sum(1 for _ in itertools.islice(itertools.product(*choices), MAX_ALTERNATIVES + 1)) > MAX_ALTERNATIVES:
        raise BadInput(f"{', '.join(listed)}: more than {MAX_ALTERNATIVES} ways to meet this")
    rules = [rule for every in itertools.product(*choices) if (rule := _rule(every, tuple(about)))]
    if not rules:
        raise BadInput(f"{' and '.join(listed)}: nobody can meet all of this")
    return tuple(rule for at, rule in enumerate(rules) if rule not in rules[:at])


def _parse(word: str) -> Scheme:
    kind, sign, value = word.partition(":")
    if kind not in frozenset(Kind) or (sign and not value):
        raise _no_scheme(word)
    if kind != Kind.CREDENTIAL:
        return Scheme(Kind(kind), value)
    value, at, issuer = value.partition("@")
    if at and not issuer:
        raise _no_scheme(word)
    return Scheme(Kind.CREDENTIAL, value, issuer)


def _rule(every: Sequence[Scheme], about: tuple[str, ...]) -> Rule | None:
    """None: nobody can meet all of it."""
    of = {kind: {one for one in every if one.kind is kind} for kind in Kind}
    if of[Kind.OTHER]:
        names = ", ".join(sorted(one.name for one in of[Kind.OTHER]))
        raise BadInput(f"{names}: the overlay cannot check this; only an address outside of it can demand it")
    if len(of[Kind.CREDENTIAL]) > 1:
        raise BadInput("two credentials are demanded of one caller: demand one that says both")
    origins = _narrowest([one.value for one in of[Kind.FROM]])
    contradictory = len(of[Kind.ORGANISATION]) > 1 or (of[Kind.OWN_DOMAIN] and of[Kind.FROM])
    if contradictory or len(origins) > 1:
        return None
    attributes = of[Kind.SCOPE] or of[Kind.ORGANISATION]
    return Rule(
        origins=origins,
        anyone=not (origins or of[Kind.OWN_DOMAIN] or attributes),
        about=about,
        organisation="".join(one.value for one in of[Kind.ORGANISATION]),
        scopes=tuple(sorted(one.value for one in of[Kind.SCOPE])),
        credential=next((Demand(one.value, one.issuer) for one in of[Kind.CREDENTIAL]), None),
    )


def _narrowest(origins: Iterable[str]) -> tuple[str, ...]:
    """Without those that another of them is within."""
    listed = sorted({origin.removeprefix(ANY_NAME) for origin in origins})
    return tuple(origin for origin in listed if not any(other.endswith(f"@{origin}") for other in listed))


def _no_scheme(word: str) -> BadInput:
    return BadInput(
        f"{word[:80]!r} is no security scheme: write anyone, own-domain, from:b.example, credential:TYPE, "
        "scope:SCOPE or organisation:NAME; a|b for one of them"
    )
