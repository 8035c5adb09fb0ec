"""DID documents (DID Core 1.0): our agents' are made from their key cards, all are read strictly. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import x25519

from overlay.credentials.did import DidUrl, did_of_domain
from overlay.credentials.keys import (
    PublicKey,
    VerificationKey,
    from_jwk,
    from_multikey,
    thumbprint,
    to_jwk,
    to_multikey,
)
from overlay.credentials.strict_json import canonical, parse_object
from overlay.errors import BadCredential, BadName
from overlay.naming.ids import GATEWAY, PartyId
from overlay.trust import profile
from overlay.trust.identity import Role
from overlay.trust.keycard import KeyCard

_CONTEXTS = [
    "https://www.w3.org/ns/did/v1",
    "https://w3id.org/security/jwk/v1",
    "https://w3id.org/security/multikey/v1",
]
_MAX_ITEMS = 64
_AUTHENTICATION, _ASSERTION, _AGREEMENT = "authentication", "assertionMethod", "keyAgreement"


@dataclass(frozen=True, slots=True)
class DidDocument:
    """What a DID stands for: keys, by the DID URLs that name them."""

    id: str
    content: Mapping[str, object]
    """All of it, as JSON."""
    authentication: Mapping[str, VerificationKey] = field(default_factory=dict)
    """Keys by which its subject proves itself."""
    assertion: Mapping[str, VerificationKey] = field(default_factory=dict)
    """Keys by which it says something: those of an issuer."""
    agreement: Mapping[str, x25519.X25519PublicKey] = field(default_factory=dict)
    """Keys to which messages to it are sealed."""

    def to_json(self) -> bytes:
        """Canonical: the same document is always the same bytes."""
        return canonical(self.content)


def agent_document(card: KeyCard) -> DidDocument:
    """Of a party whose key card was opened: the key of its certificate, and its sealing key."""
    party = card.identity.party
    signing = profile.public_key_of(card.certificate)
    sealing = x25519.X25519PublicKey.from_public_bytes(card.sealing_public)
    service: dict[str, object] = {
        "id": f"{party.did}#overlay",
        "type": "AgentOverlay",
        "serviceEndpoint": {"uri": f"overlay:{party}", "gateway": str(PartyId(GATEWAY, party.domain))},
    }
    agent = card.identity.role is Role.AGENT
    return _made(party.did, did_of_domain(party.domain), signing, sealing, [service] if agent else [])


def domain_document(domain: str, issuing: VerificationKey) -> DidDocument:
    """Of a domain: the key with which its CA signs credentials. Raises BadName."""
    did = did_of_domain(domain)
    return _made(did, did, issuing, None, [])


def key_document(did: str) -> DidDocument:
    """Of a `did:key`, which is its own document (did:key method). Raises BadCredential, BadName."""
    url = DidUrl.parse(did)
    if url.did.method != "key" or str(url.did) != did:
        raise BadName(f"{did[:80]!r} is no did:key")
    key = from_multikey(url.did.specific)
    if isinstance(key, x25519.X25519PublicKey):
        raise BadCredential("malformed: this did:key cannot sign, it is an X25519 key")
    name = f"{did}#{url.did.specific}"
    method: dict[str, object] = {
        "id": name,
        "type": "Multikey",
        "controller": did,
        "publicKeyMultibase": url.did.specific,
    }
    content: dict[str, object] = {"@context": _CONTEXTS, "id": did, "verificationMethod": [method]}
    return read_document(content | {_AUTHENTICATION: [name], _ASSERTION: [name]}, did)


def parse_document(data: bytes, did: str, limit: int) -> DidDocument:
    """From JSON of a stranger: of exactly this `did`. Raises BadCredential."""
    return read_document(parse_object(data, limit, f"the document of {did}"), did)


def read_document(content: Mapping[str, object], did: str) -> DidDocument:
    """`parse_document`, from JSON values. Methods of kinds that are unknown here do not count."""
    if content.get("id") != did:
        raise BadCredential(f"malformed: the document of {did} is of {str(content.get('id'))[:80]!r}")
    methods = dict(_methods(_list(content, "verificationMethod"), did))
    related = {
        name: dict(_related(_list(content, name), methods, did))
        for name in (_AUTHENTICATION, _ASSERTION, _AGREEMENT)
    }
    return DidDocument(
        did,
        content,
        {at: key for at, key in related[_AUTHENTICATION].items() if isinstance(key, VerificationKey)},
        {at: key for at, key in related[_ASSERTION].items() if isinstance(key, VerificationKey)},
        {at: key for at, key in related[_AGREEMENT].items() if isinstance(key, x25519.X25519PublicKey)},
    )


def key_name(did: str, key: PublicKey) -> str:
    """The DID URL by which our own documents name a key."""
    return f"{did}#{thumbprint(key)}"


def _made(
    did: str,
    controller: str,
    signing: VerificationKey,
    sealing: x25519.X25519PublicKey | None,
    services: list[dict[str, object]],
) -> DidDocument:
    name = key_name(did, signing)
    methods: list[dict[str, object]] = [
        {"id": name, "type": "JsonWebKey", "controller": did, "publicKeyJwk": to_jwk(signing)}
    ]
    content: dict[str, object] = {
        "@context": _CONTEXTS,
        "id": did,
        "controller": controller,
        "verificationMethod": methods,
        _AUTHENTICATION: [name],
        _ASSERTION: [name],
    }
    if sealing is not None:
        multikey = to_multikey(sealing)
        where = key_name(did, sealing)
        methods.append({"id": where, "type": "Multikey", "controller": did, "publicKeyMultibase": multikey})
        content[_AGREEMENT] = [where]
    if services:
        content["service"] = services
    return read_document(content, did)


def _list(content: Mapping[str, object], name: str) -> list[object]:
    found = content.get(name, [])
    if not isinstance(found, list) or len(found) > _MAX_ITEMS:
        raise BadCredential(f"malformed: {name!r} of a DID document is a list of up to {_MAX_ITEMS} items")
    return found


def _methods(items: Iterable[object], did: str) -> Iterable[tuple[str, PublicKey | None]]:
    seen = set()
    for item in items:
        name, key = _method(item, did)
        if name in seen:
            raise BadCredential(f"malformed: the document of {did} has two methods {name!r}")
        seen.add(name)
        yield name, key


def _related(
    items: Iterable[object], methods: Mapping[str, PublicKey | None], did: str
) -> Iterable[tuple[str, PublicKey]]:
    for item in items:
        name, key = (_absolute(item, did), None) if isinstance(item, str) else _method(item, did)
        found = key or methods.get(name)
        if found is not None:
            yield name, found


def _method(item: object, did: str) -> tuple[str, PublicKey | None]:
    """None: of a kind, or under a controller, that does not count here."""
    if not isinstance(item, dict):
        raise BadCredential(f"malformed: a verification method of {did} is no object")
    name = _absolute(item.get("id"), did)
    if item.get("controller") != did:
        return name, None
    match item:
        case {"type": "JsonWebKey" | "JsonWebKey2020", "publicKeyJwk": dict(jwk)}:
            return name, from_jwk(jwk)
        case {"type": "Multikey", "publicKeyMultibase": str(text)}:
            return name, from_multikey(text)
    return name, None


def _absolute(name: object, did: str) -> str:
    """A DID URL with a fragment; one that begins with `#` is of this document."""
    try:
        url = DidUrl.parse(did + name if isinstance(name, str) and name.startswith("#") else str(name))
    except BadName as error:
        raise BadCredential(f"malformed: the document of {did} names a key {str(name)[:80]!r}") from error
    if not url.fragment:
        raise BadCredential(f"malformed: the document of {did} names a key {str(name)[:80]!r}")
    return str(url)
