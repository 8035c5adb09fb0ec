"""Security of A2A agent cards: schemes that guard addresses outside of the overlay, and our own. Pure.

A card of the A2A protocol 1.0 wraps a scheme in an object that names its kind, one of 0.x writes the kind
into `type`. Its security is a list of alternatives, each of which asks for one or more schemes.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

from overlay.description.node import Node
from overlay.errors import BadInput
from overlay.policy.scheme import MAX_ALTERNATIVES, Kind, Scheme, parse_schemes

_WRAPPED = {
    "apiKeySecurityScheme": "apiKey",
    "httpAuthSecurityScheme": "http",
    "oauth2SecurityScheme": "oauth2",
    "openIdConnectSecurityScheme": "openIdConnect",
    "mtlsSecurityScheme": "mutualTLS",
}
_WRAPPING = {kind: wrapper for wrapper, kind in _WRAPPED.items()}
_NAMED = {"apiKey": ("in", "name"), "http": ("scheme",), "oauth2": (), "openIdConnect": ("openIdConnectUrl",)}
"""What of a scheme we keep, in our words for it: `other:apiKey header X-Key`."""


def schemes_of(card: Node, node: Node) -> tuple[str, ...]:
    """What is demanded by the card, or by a skill of it (`node`), in our words; none: nothing.

    Raises BadInput.
    """
    member = "securityRequirements" if "securityRequirements" in node.content else "security"
    listed = [one.node("schemes") if "schemes" in one.content else one for one in node.nodes(member)]
    alternatives = [[_name(card, one, name) for name in one.content] for one in listed]
    if not alternatives or not all(alternatives):  # an empty alternative is one that asks for nothing
        return ()
    ways = list(itertools.islice(itertools.product(*alternatives), MAX_ALTERNATIVES + 1))
    if len(ways) > MAX_ALTERNATIVES:
        node.wrong(member, f"this combines more than {MAX_ALTERNATIVES} ways")
    return tuple(dict.fromkeys("|".join(dict.fromkeys(way)) for way in ways))


def is_ours(name: str) -> bool:
    """Whether the overlay itself checks it."""
    return not any(scheme.kind is Kind.OTHER for scheme in parse_schemes(name))


def write_schemes(
    names: Sequence[str], *, wrapped: bool
) -> tuple[dict[str, object], list[dict[str, object]]]:
    """The schemes and the requirements of a card that demands these; `wrapped`: as 1.0 writes them."""
    choices = [parse_schemes(name) for name in names]
    schemes: dict[str, object] = {
        one.name: _write(one, wrapped=wrapped) for choice in choices for one in choice
    }
    ways = itertools.islice(itertools.product(*choices), MAX_ALTERNATIVES) if names else ()
    every = [{one.name: {"list": []} if wrapped else [] for one in way} for way in ways]
    return schemes, [{"schemes": one} if wrapped else dict(one) for one in every]


def _name(card: Node, requirement: Node, name: str) -> str:
    schemes = card.node("securitySchemes")
    if name not in schemes.content:
        requirement.wrong(name, "this is not in $.securitySchemes")
    kind, detail = _kind(schemes.node(name))
    if kind == "mutualTLS":
        return _own(name)
    words = [detail.text(word) or detail.text("location" if word == "in" else word) for word in _NAMED[kind]]
    return Scheme(Kind.OTHER, " ".join((kind, *filter(None, words))).replace("|", "/")).name


def _own(name: str) -> str:
    """A scheme of the overlay under its own name, or any other that asks for a client's certificate."""
    try:
        return "|".join(scheme.name for scheme in parse_schemes(name))
    except BadInput:
        return Scheme(Kind.OTHER, "mutualTLS").name


def _kind(node: Node) -> tuple[str, Node]:
    for wrapper, kind in _WRAPPED.items():
        if wrapper in node.content:
            return kind, node.node(wrapper)
    kind = node.text("type", None)
    if kind not in _WRAPPING:
        node.wrong("type", f"a security scheme of a card is one of {', '.join(_WRAPPING)}")
    return kind, node


def _write(scheme: Scheme, *, wrapped: bool) -> dict[str, object]:
    kind, *words = scheme.value.split(" ") if scheme.kind is Kind.OTHER else ["mutualTLS"]
    if kind not in _WRAPPING:
        kind, words = "mutualTLS", []
    detail: dict[str, object] = dict(zip(_NAMED.get(kind, ()), words, strict=False))
    if kind == "apiKey" and wrapped and "in" in detail:
        detail = {"location" if name == "in" else name: value for name, value in detail.items()}
    if kind == "oauth2":
        detail["flows"] = {}
    if scheme.kind is not Kind.OTHER:
        detail["description"] = f"Checked by the agent overlay: {scheme.name}"
    return {_WRAPPING[kind]: detail} if wrapped else {"type": kind, **detail}
