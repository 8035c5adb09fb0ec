"""The JSON-LD context of our descriptions: whole, inside of each document, never loaded. Pure.

A context decides what the terms of a document mean. So it is one value, which a document repeats; another one
is refused, and no URL of one is followed (docs/decisions/0018-agent-description.md).
"""

from __future__ import annotations

from overlay.errors import BadInput

_SCHEMA, _AD, _OVERLAY = (
    "https://schema.org/",
    "https://agent-network-protocol.com/ad#",
    "urn:agent-overlay:ad:",
)
_OF_ANP = ("interfaces", "securityDefinitions", "security", "protocolType", "protocolVersion")
_OF_OVERLAY = (
    *("skills", "services", "topics", "inputs", "protocols", "protocol", "interactionModes", "modalities"),
    *("languages", "expectedLatencyMs", "schema", "address", "credentials", "consent", "proof"),
    *("scheme", "origin", "credentialType", "issuer", "scope", "oneOf"),
)
CONTEXT: dict[str, object] = {
    "@vocab": _SCHEMA,
    "type": "@type",
    "id": "@id",
    "did": "https://w3id.org/did#id",
    "AgentDescription": f"{_AD}AgentDescription",
    "NaturalLanguageInterface": f"{_AD}NaturalLanguageInterface",
    "StructuredInterface": f"{_AD}StructuredInterface",
    **{term: f"{_AD}{term}" for term in _OF_ANP},
    **{term: f"{_OVERLAY}{term}" for term in _OF_OVERLAY},
}
OF_ANP: dict[str, object] = {
    "@vocab": _SCHEMA,
    "did": "https://w3id.org/did#",
    "ad": _AD,
}
"""What the Agent Network Protocol's documents said before they became plain JSON: terms are `ad:…` there."""


def plain(content: dict[str, object]) -> dict[str, object]:
    """The document in terms of our context. One without context is plain JSON of the Agent Network Protocol,
    whose terms ours are. Raises BadInput.
    """
    found = content.get("@context", CONTEXT)
    if found == CONTEXT:
        return content
    if found == OF_ANP:
        plained = _without_prefix(content)
        return {name: value for name, value in plained.items() if name != "@context"}
    raise BadInput(
        "$['@context']: this context is not known here, and none is loaded: leave it out, or write the one "
        "that `overlay agent describe` writes"
    )


def _without_prefix(content: dict[str, object]) -> dict[str, object]:
    names = {"@type": "type", "@id": "id"}
    found: dict[str, object] = {}
    for name, value in content.items():
        short = names.get(name, name.removeprefix("ad:"))
        if short in found:
            raise BadInput(f"$: {short!r} is there twice, with a prefix and without")
        found[short] = _inner(value) if short != "type" else _word(value)
    return found


def _inner(value: object) -> object:
    if isinstance(value, dict):
        return _without_prefix(value)
    return [_inner(item) for item in value] if isinstance(value, list) else value


def _word(value: object) -> object:
    return value.removeprefix("ad:") if isinstance(value, str) else value
