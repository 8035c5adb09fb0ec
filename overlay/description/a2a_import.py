"""An A2A agent card as a description, and what of it is kept nowhere. Pure.

Cards of the protocol 0.2 and 0.3 have a `url`, those of 1.0 `supportedInterfaces`. The security of a card
guards these addresses. Who may call the agent through the overlay is what our extension in the card says;
without it, agents of its own domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from overlay.description.a2a_card import A2A, CARRIED, EXTENSION, MEDIA, OVERLAY_BINDING
from overlay.description.a2a_schemes import is_ours, schemes_of
from overlay.description.definitions import define
from overlay.description.description import Description
from overlay.description.node import Node, check_depth
from overlay.description.reading import read_document
from overlay.description.writing import TYPE
from overlay.naming.ids import MAX_SKILL
from overlay.policy.scheme import Kind
from overlay.registry.registration.version import is_version
from overlay.settings import Settings

_NO_TOKEN = re.compile(r"[^A-Za-z0-9+._/-]")
_NUMBERS = re.compile(r"\d{1,6}(?:\.\d{1,6}){0,2}")
_NO_SLUG = re.compile(r"[^a-z0-9_-]+")
_MODALITY = {media: word for word, media in MEDIA.items()}
_UNSAID = ("documentationUrl", "iconUrl", "supportsAuthenticatedExtendedCard")
_UNSAID_CAPABILITIES = ("pushNotifications", "stateTransitionHistory", "extendedAgentCard", "skillQuery")
_UNSAID_OF_SKILL = ("inputModes", "outputModes", "security", "securityRequirements")
_NOTHING: tuple[object, ...] = (None, False, "", [], {})


def is_card(content: dict[str, object]) -> bool:
    """Whether this looks like a card, rather than a document of ours."""
    return (
        "type" not in content
        and "@type" not in content
        and ("supportedInterfaces" in content or "url" in content)
    )


def read_card(content: dict[str, object], settings: Settings) -> Description:
    """What a card says; `left` names what is not carried over. Signatures are not looked at
    (`overlay.description.a2a_signature`). Raises BadInput, TooLarge.
    """
    check_depth(content, settings.description_depth)
    return _Card(Node(content)).read(settings)


class _Card:
    """One card."""

    def __init__(self, root: Node) -> None:
        self._root = root
        self._left: list[str] = []
        self._tags: dict[str, None] = {}

    def read(self, settings: Settings) -> Description:
        """As a document of ours, which is then read as any other."""
        root = self._root
        capabilities, provider = root.node("capabilities"), root.node("provider")
        self._leave(root, _UNSAID)
        self._leave(capabilities, _UNSAID_CAPABILITIES)
        document: dict[str, object] = {
            "type": TYPE,
            "name": root.text("name", None),
            "description": root.text("description"),
            "version": self._version(),
            "skills": [self._skill(node, at) for at, node in enumerate(root.nodes("skills"))],
        }
        params = self._extension(capabilities)
        document |= self._without_extension(capabilities, provider) if params is None else params
        found = read_document(document, settings)
        return msgspec.structs.replace(found, left=(*self._left, *found.left))

    def _version(self) -> str:
        """As versions are written here: a card may say anything."""
        given = self._root.text("version", "1")
        if is_version(given):
            return given
        numbers = _NUMBERS.search(given)
        found = numbers[0] if numbers else "1"
        self._left.append(f"{self._root.at('version')}: {given[:80]!r} is written {found!r}")
        return found

    def _extension(self, capabilities: Node) -> dict[str, object] | None:
        """What our extension says, if the card has it; others are let go."""
        params: dict[str, object] | None = None
        for node in capabilities.nodes("extensions"):
            if node.text("uri") == EXTENSION:
                given = node.node("params").content
                params = {term: given[term] for term in CARRIED if term in given}
            else:
                self._left.append(f"{node.path}: the extension {node.text('uri')[:200]!r} is not known here")
        return params

    def _without_extension(self, capabilities: Node, provider: Node) -> dict[str, object]:
        root = self._root
        self._leave(provider, ("url",))
        names = schemes_of(root, root)
        ours = tuple(name for name in names if is_ours(name))
        theirs = () if ours else names
        if not ours:
            self._left.append(f"{root.at('security')}: in the overlay, agents of the own domain may call")
        modes = dict.fromkeys((*root.words("defaultInputModes"), *root.words("defaultOutputModes")))
        security = ours or (str(Kind.OWN_DOMAIN),)
        return {
            "owner": {"name": provider.text("organization")},
            "modalities": list(dict.fromkeys(_modality(mode) for mode in modes)),
            "interactionModes": ["request", *(["stream"] if capabilities.content.get("streaming") else [])],
            "services": list(self._tags),
            "interfaces": self._interfaces(theirs),
            "securityDefinitions": define((*security, *theirs)),
            "security": list(security),
        }

    def _interfaces(self, demands: Sequence[str]) -> list[dict[str, object]]:
        """The addresses outside of the overlay."""
        outside = [one for one in self._addresses() if one[1] != OVERLAY_BINDING]
        return [
            {
                "type": "NaturalLanguageInterface",
                "id": f"{A2A}-{at}",
                "protocol": _NO_TOKEN.sub("-", f"{A2A}/{version}/{binding}"),
                "address": url,
                **({"security": list(demands)} if demands else {}),
            }
            for at, (url, binding, version) in enumerate(outside)
        ]

    def _addresses(self) -> Iterator[tuple[str, str, str]]:
        """URL, binding, version of the protocol; the preferred one first."""
        root = self._root
        for node in root.nodes("supportedInterfaces"):
            self._leave(node, ("tenant",))
            url, binding = node.text("url", None), node.text("protocolBinding", None)
            yield url, binding, node.text("protocolVersion", "1.0")
        if "supportedInterfaces" in root.content:
            return
        version = root.text("protocolVersion", "0.2").removesuffix(".0")
        first = (root.text("url", None), root.text("preferredTransport", "JSONRPC"))
        more = root.nodes("additionalInterfaces")
        rest = [(node.text("url", None), node.text("transport", None)) for node in more]
        for url, binding in dict.fromkeys((first, *rest)):
            yield url, binding, version

    def _skill(self, node: Node, at: int) -> dict[str, object]:
        self._leave(node, _UNSAID_OF_SKILL)
        given, name, tags = node.text("id", None), node.text("name"), node.words("tags")
        skill = _slug(given) or f"skill-{at}"
        if skill != given:
            self._left.append(f"{node.at('id')}: {given[:80]!r} is written {skill!r}, as skills are here")
        self._tags |= dict.fromkeys(tags)
        return {
            "id": skill,
            "name": "" if name == given else name,  # cards have to have one
            "description": node.text("description"),
            "inputs": "\n".join(node.words("examples")),
            "services": list(tags),
        }

    def _leave(self, node: Node, unsaid: Sequence[str]) -> None:
        gone = [name for name in unsaid if node.content.get(name) not in _NOTHING]
        self._left += [f"{node.at(name)}: no profile holds this" for name in gone]


def _modality(mode: str) -> str:
    """Without parameters (`text/html; charset=utf-8`)."""
    media = mode.partition(";")[0].strip().lower()
    return _MODALITY.get(media, media)


def _slug(text: str) -> str:
    parts = (_NO_SLUG.sub("-", part).strip("-_") for part in text.lower().split("."))
    return ".".join(part for part in parts if part)[:MAX_SKILL].rstrip(".")
