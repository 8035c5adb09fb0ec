"""Security schemes as the `securityDefinitions` of a document, and back. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from overlay.description.node import Node
from overlay.errors import BadInput
from overlay.policy.scheme import Kind, Scheme, check_scheme, parse_schemes

RECEIVER_DECIDES = "receiver-decides"
"""The agent decides by a policy that it does not publish: what a profile without `security` says."""
_DETAIL = {
    Kind.FROM: "origin",
    Kind.CREDENTIAL: "credentialType",
    Kind.SCOPE: "scope",
    Kind.ORGANISATION: "organisation",
    Kind.OTHER: "name",
}
_PROVES_ITSELF = frozenset({"didwba", "nosec", "anyone"})
"""Of the Agent Network Protocol: who calls proves its DID. In the overlay nobody calls without that."""
_COMBO = "combo"


def define(names: Iterable[str]) -> dict[str, object]:
    """The definitions of these schemes, under their own names. Raises BadInput."""
    found: dict[str, object] = {}
    for name in names:
        schemes = parse_schemes(name)
        found |= {scheme.name: _write(scheme) for scheme in schemes}
        if len(schemes) > 1:
            found[name] = {"scheme": _COMBO, "oneOf": [scheme.name for scheme in schemes]}
    return found


class Definitions:
    """Those of a document: what its own names for schemes stand for. Raises BadInput."""

    def __init__(self, root: Node) -> None:
        node = root.node("securityDefinitions")
        self._simple: dict[str, Scheme] = {}
        self._combos: dict[str, Node] = {}
        self._undisclosed: set[str] = set()
        for name in node.content:
            one = node.node(name)
            scheme = one.text("scheme", None)
            if scheme == RECEIVER_DECIDES:
                self._undisclosed.add(name)
            elif scheme == _COMBO:
                self._combos[name] = one
            else:
                self._simple[name] = _read(one, scheme)

    def names(self, node: Node) -> tuple[str, ...]:
        """The schemes that `security` of a root or of an interface names, in our words; none, when the agent
        does not publish them.
        """
        wanted = node.words("security")
        if not wanted:
            node.wrong("security", "this names at least one of the securityDefinitions")
        undisclosed = [name for name in wanted if name in self._undisclosed]
        if undisclosed and len(wanted) > 1:
            node.wrong("security", f"{undisclosed[0]!r} is all that can be said: name nothing beside it")
        return () if undisclosed else tuple(self._name(node, name) for name in dict.fromkeys(wanted))

    def _name(self, node: Node, name: str) -> str:
        combo = self._combos.get(name)
        alternatives = combo.words("oneOf") if combo else (name,)
        for one in alternatives:
            if one not in self._simple:
                place, member = (combo, "oneOf") if combo else (node, "security")
                place.wrong(member, f"{one[:80]!r} is not in $.securityDefinitions")
        if not alternatives:
            node.wrong("security", f"{name[:80]!r} combines nothing")
        return "|".join(self._simple[one].name for one in alternatives)


def _write(scheme: Scheme) -> dict[str, object]:
    found: dict[str, object] = {"scheme": str(scheme.kind)}
    if scheme.kind in _DETAIL:
        found[_DETAIL[scheme.kind]] = scheme.value
    return found | ({"issuer": scheme.issuer} if scheme.issuer else {})


def _read(node: Node, word: str) -> Scheme:
    """A scheme of others is one that the overlay does not check."""
    if word in _PROVES_ITSELF:
        return Scheme(Kind.ANYONE)
    if word not in frozenset(Kind):
        where = " ".join(node.text(name) for name in ("in", "name"))
        return _checked(node, Scheme(Kind.OTHER, f"{word} {where}".strip()))
    kind = Kind(word)
    value = node.text(_DETAIL[kind], None) if kind in _DETAIL else ""
    return _checked(node, Scheme(kind, value, node.text("issuer")))


def _checked(node: Node, scheme: Scheme) -> Scheme:
    try:
        return check_scheme(scheme)
    except BadInput as error:
        node.wrong("scheme", str(error))
